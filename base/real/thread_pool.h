// Threads that run what the event loop gives them.
//
// Threads: run() and the promises are the loop's. Work runs on a pool thread and must not throw.
// Memory:  destroying the promise of work that has not begun takes it back; of work that has begun, waits for its end.
// Waking:  a thread without work spins for a short time before it sleeps.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/real/loop_mailbox.h"

namespace varve {

struct ThreadPoolOptions {
  std::string name;  // of the threads, with their number behind: up to 12 bytes
  unsigned threads = 1;
  int nice = 0;  // added to the process's
  std::chrono::nanoseconds longest_spin{0};
};

class ThreadPool {
 public:
  ThreadPool(LoopMailbox& mailbox, ThreadPoolOptions options);
  // Precondition: no promise of run() is left.
  ~ThreadPool() noexcept;
  KJ_DISALLOW_COPY(ThreadPool);

  unsigned threads() const { return options_.threads; }

  kj::Promise<void> run(std::function<void()> work);

 private:
  enum class Stage : std::uint8_t { kQueued, kRunning, kDone };
  struct Job {
    std::uint64_t id = 0;
    std::function<void()> work;
    Stage stage = Stage::kQueued;  // under mutex_
  };
  class Waiter;

  void start(std::shared_ptr<Job> job);
  void take_back_or_wait(const std::shared_ptr<Job>& job);
  void serve(unsigned number);
  std::shared_ptr<Job> next_job(SpinBudget& spin);

  LoopMailbox& mailbox_;
  ThreadPoolOptions options_;

  std::mutex mutex_;
  std::condition_variable work_or_stop_;
  std::condition_variable job_done_;
  std::deque<std::shared_ptr<Job>> queue_;  // under mutex_
  unsigned sleeping_ = 0;                   // under mutex_; threads in work_or_stop_
  bool stopping_ = false;                   // under mutex_
  std::atomic<std::size_t> queued_{0};      // size of queue_, to spin on

  // The loop's: fulfillers never leave it, other threads know jobs by number.
  std::uint64_t last_id_ = 0;
  using Waiters = std::map<std::uint64_t, Waiter*>;
  std::shared_ptr<Waiters> waiters_ = std::make_shared<Waiters>();  // shared with posts that may outlive the pool

  std::vector<std::thread> threads_;
};

// Runs `work` on the pool; the promise has its result.
template <typename Work>
auto run_on(ThreadPool& pool, Work work) -> kj::Promise<decltype(work())> {
  using T = decltype(work());
  auto result = std::make_shared<std::optional<T>>();
  return pool.run([result, work = std::move(work)] { result->emplace(work()); }).then([result]() -> T { return std::move(**result); });
}

}  // namespace varve
