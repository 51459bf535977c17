// The clock of one machine among several: it starts anywhere, may run faster or slower than the world's, and its timers may fire late.
#pragma once

#include "base/clock.h"
#include "base/sim/sim_clock.h"

namespace varve {

class SimMachineClock final : public Clock {
 public:
  SimMachineClock(SimClock& world, std::chrono::nanoseconds start) : world_(world), start_(start) {}

  std::chrono::nanoseconds now() const override { return start_ + passed(); }
  std::uint64_t wall_us() const override;
  kj::Promise<void> after(std::chrono::nanoseconds delay) override;

  // Faster than the world by so many parts in a million, slower when negative; from now on, also for timers that run. Above -1,000,000.
  void set_rate_ppm(std::int64_t ppm);
  // By the world's clock; from now on, also for timers that run.
  void set_timers_late(std::chrono::nanoseconds late) { timers_late_ = late; }
  void jump_wall(std::chrono::microseconds by) { wall_offset_ += by; }

 private:
  std::chrono::nanoseconds passed() const;
  kj::Promise<void> until(std::chrono::nanoseconds moment);

  SimClock& world_;
  std::chrono::nanoseconds start_;
  std::int64_t rate_ppm_ = 0;
  std::chrono::nanoseconds rate_since_{0};  // of the world's clock
  std::chrono::nanoseconds passed_then_{0};
  std::chrono::nanoseconds timers_late_{0};
  std::chrono::microseconds wall_offset_{0};
};

}  // namespace varve
