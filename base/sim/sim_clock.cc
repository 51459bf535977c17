#include "base/sim/sim_clock.h"

namespace varve {

std::chrono::nanoseconds SimClock::now() const {
  return std::chrono::nanoseconds((timer_.now() - kj::origin<kj::TimePoint>()) / kj::NANOSECONDS);
}

std::uint64_t SimClock::wall_us() const {
  auto passed = std::chrono::duration_cast<std::chrono::microseconds>(now()).count();
  return kWallStartUs + static_cast<std::uint64_t>(passed + wall_offset_us_);
}

kj::Promise<void> SimClock::after(std::chrono::nanoseconds delay) {
  return timer_.afterDelay(std::max<std::int64_t>(delay.count(), 0) * kj::NANOSECONDS);
}

}  // namespace varve
