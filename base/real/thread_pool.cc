#include "base/real/thread_pool.h"

#include <kj/debug.h>
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>

#include "base/check.h"

namespace varve {

namespace {

// Gives way to threads of the usual priority: at once, so far as the kernel can. Since Linux 6.6 a thread that is woken waits until the
// one on the processor has used its slice up, however nice that one is; since 6.12 a thread may ask for a short one (others ignore it).
void be_nice(int increment) {
  constexpr std::uint64_t kSliceNs = 100'000;  // the least that there is
  struct {
    std::uint32_t size;
    std::uint32_t policy;
    std::uint64_t flags;
    std::int32_t nice;
    std::uint32_t priority;
    std::uint64_t runtime, deadline, period;
  } attributes = {};
  auto self = static_cast<id_t>(::syscall(SYS_gettid));
  const int nice = ::getpriority(PRIO_PROCESS, self) + increment;
  ::setpriority(PRIO_PROCESS, self, nice);  // of this thread alone, on Linux
  attributes.size = sizeof attributes;
  attributes.policy = SCHED_OTHER;
  attributes.nice = nice;
  attributes.runtime = kSliceNs;
  ::syscall(SYS_sched_setattr, self, &attributes, 0);
}

}  // namespace

// Lives inside the promise of run(), on the loop.
class ThreadPool::Waiter {
 public:
  Waiter(kj::PromiseFulfiller<void>& fulfiller, ThreadPool& pool, std::function<void()> work)
      : fulfiller_(fulfiller), pool_(pool), job_(std::make_shared<Job>()) {
    job_->id = ++pool_.last_id_;
    job_->work = std::move(work);
    pool_.waiters_->emplace(job_->id, this);
    pool_.start(job_);
  }
  ~Waiter() noexcept {
    pool_.waiters_->erase(job_->id);
    pool_.take_back_or_wait(job_);
  }
  KJ_DISALLOW_COPY(Waiter);

  void fulfill() { fulfiller_.fulfill(); }

 private:
  kj::PromiseFulfiller<void>& fulfiller_;
  ThreadPool& pool_;
  std::shared_ptr<Job> job_;
};

ThreadPool::ThreadPool(LoopMailbox& mailbox, ThreadPoolOptions options) : mailbox_(mailbox), options_(std::move(options)) {
  CHECK(options_.threads > 0, options_.name);
  for (unsigned number = 0; number < options_.threads; ++number) threads_.emplace_back([this, number] { serve(number); });
}

ThreadPool::~ThreadPool() noexcept {
  CHECK(waiters_->empty(), options_.name, waiters_->size());
  {
    std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  work_or_stop_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

kj::Promise<void> ThreadPool::run(std::function<void()> work) {
  return kj::newAdaptedPromise<void, Waiter>(*this, std::move(work));
}

void ThreadPool::start(std::shared_ptr<Job> job) {
  bool wake = false;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    queue_.push_back(std::move(job));
    queued_.store(queue_.size(), std::memory_order_release);
    wake = sleeping_ > 0;
  }
  if (wake) work_or_stop_.notify_one();
}

void ThreadPool::take_back_or_wait(const std::shared_ptr<Job>& job) {
  std::unique_lock<std::mutex> lock(mutex_);
  if (job->stage == Stage::kQueued) {
    queue_.erase(std::find(queue_.begin(), queue_.end(), job));
    queued_.store(queue_.size(), std::memory_order_release);
    return;
  }
  job_done_.wait(lock, [&] { return job->stage == Stage::kDone; });
}

std::shared_ptr<ThreadPool::Job> ThreadPool::next_job(SpinBudget& spin) {
  spin.spin([this] { return queued_.load(std::memory_order_acquire) > 0; });
  std::unique_lock<std::mutex> lock(mutex_);
  if (queue_.empty() && !stopping_) {
    ++sleeping_;
    spin.sleep([&] { work_or_stop_.wait(lock, [this] { return stopping_ || !queue_.empty(); }); });
    --sleeping_;
  }
  if (queue_.empty()) return nullptr;
  std::shared_ptr<Job> job = std::move(queue_.front());
  queue_.pop_front();
  queued_.store(queue_.size(), std::memory_order_release);
  job->stage = Stage::kRunning;
  return job;
}

void ThreadPool::serve(unsigned number) {
  ::pthread_setname_np(::pthread_self(), (options_.name + std::to_string(number)).c_str());
  if (options_.nice != 0) be_nice(options_.nice);
  SpinBudget spin(options_.longest_spin);
  while (std::shared_ptr<Job> job = next_job(spin)) {
    job->work();
    job->work = nullptr;  // what it holds is gone before anybody hears of its end
    std::uint64_t id = job->id;
    {
      std::lock_guard<std::mutex> lock(mutex_);
      job->stage = Stage::kDone;
    }
    job_done_.notify_all();
    mailbox_.post([waiters = waiters_, id] {
      auto found = waiters->find(id);
      if (found != waiters->end()) found->second->fulfill();
    });
  }
}

}  // namespace varve
