#include "base/real/loop_mailbox.h"

#include <kj/debug.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "base/check.h"

namespace varve {

namespace {

constexpr unsigned kEventsInARow = 64;                        // before the loop looks outside, although more is ready
constexpr kj::Duration kReadyStretch = 1 * kj::MILLISECONDS;  // before it looks at what was posted, likewise

kj::AutoCloseFd open_eventfd() {
  int fd = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  CHECK(fd >= 0, errno);
  return kj::AutoCloseFd(fd);
}

}  // namespace

LoopMailbox::LoopMailbox(kj::UnixEventPort& port, kj::WaitScope& scope, std::chrono::nanoseconds longest_spin)
    : port_(port),
      scope_(scope),
      event_(open_eventfd()),
      observer_(port, event_.get(), kj::UnixEventPort::FdObserver::OBSERVE_READ),
      spin_(longest_spin),
      watching_(watch().eagerlyEvaluate(nullptr)) {
  scope_.setBusyPollInterval(kEventsInARow);
}

LoopMailbox::~LoopMailbox() noexcept {}

void LoopMailbox::post(std::function<void()> function) {
  bool wake = false;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    wake = posts_.empty() && !awake_;
    posts_.push_back(std::move(function));
    posts_waiting_.store(true, std::memory_order_release);
  }
  if (wake) ring();
}

void LoopMailbox::ring() {
  std::uint64_t one = 1;
  ssize_t written = ::write(event_.get(), &one, sizeof one);
  CHECK(written == sizeof one || errno == EAGAIN, errno);
}

void LoopMailbox::run_posts() {
  std::vector<std::function<void()>> posts;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    posts.swap(posts_);
    posts_waiting_.store(false, std::memory_order_release);
  }
  for (auto& post : posts) post();
}

kj::Promise<void> LoopMailbox::watch() {
  return observer_.whenBecomesReadable().then([this] {
    std::uint64_t count = 0;
    [[maybe_unused]] ssize_t got = ::read(event_.get(), &count, sizeof count);  // nothing to read: woken for nothing, harmless
    run_posts();
    if (woken_.get() != nullptr) woken_->fulfill();
    return watch();
  });
}

bool LoopMailbox::prepare_to_sleep() {
  std::lock_guard<std::mutex> lock(mutex_);
  if (!posts_.empty()) return false;
  awake_ = false;
  return true;
}

void LoopMailbox::stay_awake() {
  std::lock_guard<std::mutex> lock(mutex_);
  awake_ = true;
}

// Whoever waits without run_until() from now on is woken by the eventfd alone.
void LoopMailbox::leave() {
  bool wake = false;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    awake_ = false;
    wake = !posts_.empty();
  }
  if (wake) ring();
}

void LoopMailbox::sleep_until(kj::Promise<void> promise) {
  auto woken = kj::newPromiseAndFulfiller<void>();
  woken_ = kj::mv(woken.fulfiller);
  auto end = promise.exclusiveJoin(kj::mv(woken.promise)).catch_([](kj::Exception&&) {});
  spin_.sleep([&] { end.wait(scope_); });
  woken_ = nullptr;
}

// Not by Promise::poll(), which goes on for as long as anything is ready and looks outside only then.
bool LoopMailbox::run_ready(kj::ForkedPromise<void>& until) {
  port_.poll();
  bool over = false;
  auto end = until.addBranch().then([&over] { over = true; }, [&over](kj::Exception&&) { over = true; });
  auto nothing_else = kj::evalLast([] {});
  auto stretch = port_.getTimer().afterDelay(kReadyStretch);
  end.exclusiveJoin(kj::mv(nothing_else)).exclusiveJoin(kj::mv(stretch)).wait(scope_);
  return over;
}

void LoopMailbox::run_until(kj::Promise<void> promise) {
  auto forked = promise.fork();
  while (true) {
    stay_awake();
    run_posts();
    if (run_ready(forked)) break;
    if (spin_.spin([this] { return has_posts(); })) continue;
    if (prepare_to_sleep()) sleep_until(forked.addBranch());
  }
  leave();
  forked.addBranch().wait(scope_);
}

kj::Promise<void> LoopMailbox::yield() {
  auto paf = kj::newPromiseAndFulfiller<void>();
  yielding_.push_back(kj::mv(paf.fulfiller));
  if (yielding_.size() == 1) {
    post([this] {
      for (auto& fulfiller : std::exchange(yielding_, {})) fulfiller->fulfill();
    });
  }
  return kj::mv(paf.promise);
}

}  // namespace varve
