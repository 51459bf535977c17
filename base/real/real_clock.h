// The machine's clocks.
#pragma once

#include <kj/timer.h>

#include "base/clock.h"

namespace varve {

class RealClock final : public Clock {
 public:
  explicit RealClock(kj::Timer& timer) : timer_(timer) {}

  std::chrono::nanoseconds now() const override;
  std::uint64_t wall_us() const override;
  kj::Promise<void> after(std::chrono::nanoseconds delay) override;

 private:
  kj::Timer& timer_;
};

}  // namespace varve
