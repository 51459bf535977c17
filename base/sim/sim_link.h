// How long and how wide the way from one host to another is.
#pragma once

#include <chrono>
#include <cstdint>

namespace varve {

struct SimDelay {
  std::chrono::nanoseconds shortest{0};
  std::chrono::nanoseconds longest{0};
};

struct SimLink {
  SimDelay delay;
  std::uint64_t window_bytes = 256 << 10;  // of each connection: sent and not yet read; a write waits for room. At least 1
  std::uint64_t bytes_per_second = 0;      // of all connections together; 0: no limit
  unsigned split_percent = 0;              // the chance that what was sent as one arrives in two pieces, and each of them again
};

}  // namespace varve
