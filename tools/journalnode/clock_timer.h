// The clock seam as KJ's own classes want to see it.
#pragma once

#include <kj/timer.h>

#include "base/clock.h"

namespace varve {

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wnon-virtual-dtor"  // kj::Timer has no virtual destructor; nobody destroys one through it
class ClockTimer final : public kj::Timer {
 public:
  explicit ClockTimer(Clock& clock) : clock_(clock) {}

  kj::TimePoint now() const override { return kj::origin<kj::TimePoint>() + clock_.now().count() * kj::NANOSECONDS; }
  kj::Promise<void> atTime(kj::TimePoint time) override { return afterDelay(time - now()); }
  kj::Promise<void> afterDelay(kj::Duration delay) override { return clock_.after(std::chrono::nanoseconds(delay / kj::NANOSECONDS)); }

 private:
  Clock& clock_;
};
#pragma GCC diagnostic pop

}  // namespace varve
