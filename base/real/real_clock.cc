#include "base/real/real_clock.h"

#include <algorithm>

namespace varve {

std::chrono::nanoseconds RealClock::now() const {
  return std::chrono::steady_clock::now().time_since_epoch();
}

std::uint64_t RealClock::wall_us() const {
  auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(since_1970).count());
}

// From the time that it is, not from timer_.now(): that one stands still while the loop works.
kj::Promise<void> RealClock::after(std::chrono::nanoseconds delay) {
  if (delay.count() <= 0) return mailbox_.yield();  // behind what other threads have posted; a timer would run before it
  kj::TimePoint now = kj::systemPreciseMonotonicClock().now();
  return timer_.atTime(now + delay.count() * kj::NANOSECONDS);
}

}  // namespace varve
