// Seam to time.
#pragma once

#include <kj/async.h>

#include <chrono>
#include <cstdint>

namespace varve {

// Threads: the event loop's, but for now() and wall_us() of the real clock, which are any thread's.
class Clock {
 public:
  virtual ~Clock() noexcept(false) {}
  // Monotonic; the zero point means nothing.
  virtual std::chrono::nanoseconds now() const = 0;
  // Microseconds since 1970 (UTC). May jump; information for people only, no decision rests on it.
  virtual std::uint64_t wall_us() const = 0;
  // Resolves once `delay` has passed on the monotonic clock; at least one turn of the loop later.
  virtual kj::Promise<void> after(std::chrono::nanoseconds delay) = 0;
};

}  // namespace varve
