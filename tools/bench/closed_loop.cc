#include "tools/bench/closed_loop.h"

#include "base/result.h"

namespace varve {

void ClosedLoop::start() {
  engine_.inspect([this] {
    for (std::uint64_t i = 0; i < inflight_; ++i) submit(Steady::now());
  });
}

Result<void> ClosedLoop::finish() {
  over_ = true;
  drained_.acquire();
  if (error_) return fail(*error_);
  return ok();
}

void ClosedLoop::submit(Steady::time_point began) {
  engine_.submit(source_(next_++), [this, began](const Result<Committed>& done) { completed(done, began); });
}

void ClosedLoop::completed(const Result<Committed>& done, Steady::time_point began) {
  const auto now = Steady::now();
  note(began, now);
  if (observer_ && done) observer_(done->txid, now);
  if (!done && !error_) error_ = done.error();
  if (!done || over_.load(std::memory_order_relaxed)) {
    if (++ended_ == inflight_) drained_.release();
    return;
  }
  submit(now);
}

}  // namespace varve
