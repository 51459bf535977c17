#include "tools/bench/open_loop.h"

#include <sys/prctl.h>

#include "base/result.h"

namespace varve {
namespace {

// The submitter sleeps at least this long when nothing is due: at high rates it submits small groups, as many clients together would.
constexpr std::chrono::microseconds kTick{50};

}  // namespace

OpenLoop::Steady::time_point OpenLoop::due(std::uint64_t n) const {
  return began_ + std::chrono::duration_cast<Steady::duration>(std::chrono::duration<double>(static_cast<double>(n) / rate_));
}

void OpenLoop::start() {
  began_ = Steady::now();
  thread_ = std::thread([this] { run(); });
}

void OpenLoop::run() {
  prctl(PR_SET_TIMERSLACK, 1000);  // nanoseconds; the default would let each sleep be 50 us late
  while (!over_.load(std::memory_order_relaxed)) {
    const auto now = Steady::now();
    for (auto at = due(submitted_); at <= now; at = due(submitted_)) {
      const Bytes transaction = source_(submitted_++);
      engine_.submit(transaction, [this, at](const Result<Committed>& done) {
        const auto ended = Steady::now();
        note(at, ended);
        if (observer_ && done) observer_(done->txid, ended);
        if (!done && !error_) {
          error_ = done.error();
          over_ = true;
        }
        completed_.fetch_add(1, std::memory_order_release);
        completed_.notify_one();
      });
    }
    std::this_thread::sleep_until(std::max(due(submitted_), now + kTick));
  }
}

Result<void> OpenLoop::finish() {
  over_ = true;
  thread_.join();
  for (std::uint64_t seen = completed_.load(); seen != submitted_; seen = completed_.load()) completed_.wait(seen);
  if (error_) return fail(*error_);
  return ok();
}

}  // namespace varve
