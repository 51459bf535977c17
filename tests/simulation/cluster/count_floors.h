// What a run of many seeds must have met: a simulation that does not meet a fault says nothing about it.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace varve {

inline constexpr const char* kVirtualHours = "virtual hours";

struct CountFloor {
  const char* what;
  std::uint64_t in_10000_seeds;
};

// Of everything that is counted.
std::span<const CountFloor> count_floors();

// What stayed below its floor, scaled to so many seeds; a line each. Empty: nothing did.
std::vector<std::string> below_floors(const std::map<std::string, std::uint64_t>& counts, std::uint64_t seeds);

}  // namespace varve
