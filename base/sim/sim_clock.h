// Virtual time; the wall clock starts at a fixed moment and may be set off from it.
#pragma once

#include <kj/timer.h>

#include "base/clock.h"

namespace varve {

class SimClock final : public Clock {
 public:
  static constexpr std::uint64_t kWallStartUs = 1'700'000'000'000'000;

  explicit SimClock(kj::Timer& timer) : timer_(timer) {}

  std::chrono::nanoseconds now() const override;
  std::uint64_t wall_us() const override;
  kj::Promise<void> after(std::chrono::nanoseconds delay) override;

  void jump_wall(std::chrono::microseconds by) { wall_offset_us_ += by.count(); }

 private:
  kj::Timer& timer_;
  std::int64_t wall_offset_us_ = 0;
};

}  // namespace varve
