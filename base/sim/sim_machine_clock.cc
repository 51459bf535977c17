#include "base/sim/sim_machine_clock.h"

#include <algorithm>

#include "base/check.h"

namespace varve {

namespace {

constexpr std::int64_t kMillion = 1'000'000;

// value * factor / divisor, rounded down, without overflow for any time below centuries.
std::int64_t scale(std::int64_t value, std::int64_t factor, std::int64_t divisor) {
  return value / divisor * factor + value % divisor * factor / divisor;
}

}  // namespace

std::chrono::nanoseconds SimMachineClock::passed() const {
  const std::int64_t since = (world_.now() - rate_since_).count();
  return passed_then_ + std::chrono::nanoseconds(since + scale(since, rate_ppm_, kMillion));
}

void SimMachineClock::set_rate_ppm(std::int64_t ppm) {
  CHECK(ppm > -kMillion, ppm);
  passed_then_ = passed();
  rate_since_ = world_.now();
  rate_ppm_ = ppm;
}

std::uint64_t SimMachineClock::wall_us() const {
  const auto passed_us = std::chrono::duration_cast<std::chrono::microseconds>(passed()) + wall_offset_;
  return SimClock::kWallStartUs + static_cast<std::uint64_t>(passed_us.count());
}

kj::Promise<void> SimMachineClock::after(std::chrono::nanoseconds delay) {
  return until(now() + delay).then([this]() -> kj::Promise<void> {
    if (timers_late_.count() == 0) return kj::READY_NOW;
    return world_.after(timers_late_);
  });
}

// The rate may change on the way, and times are rounded: whoever arrives too early waits again.
kj::Promise<void> SimMachineClock::until(std::chrono::nanoseconds moment) {
  const std::int64_t rest = std::max<std::int64_t>((moment - now()).count(), 0);
  const std::int64_t by_world = std::max<std::int64_t>(scale(rest, kMillion, kMillion + rate_ppm_), rest > 0 ? 1 : 0);
  return world_.after(std::chrono::nanoseconds(by_world)).then([this, moment]() -> kj::Promise<void> {
    if (now() >= moment) return kj::READY_NOW;
    return until(moment);
  });
}

}  // namespace varve
