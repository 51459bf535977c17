// A time of day as people read it.
#pragma once

#include <cstdint>
#include <string>

namespace varve {

// "2024-02-29T23:59:59.123456Z" of microseconds since 1970.
std::string to_utc(std::uint64_t wall_us);

}  // namespace varve
