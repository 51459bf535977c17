// A digest over everything that happened in a simulated world: two runs of one seed must end with the same.
#pragma once

#include <cstdint>
#include <string_view>

#include "varve/types.h"

namespace varve {

class SimTrace {
 public:
  void add(std::string_view what, std::uint64_t a = 0, std::uint64_t b = 0);
  std::uint64_t hash() const { return hash_; }

 private:
  void mix(std::uint64_t value);

  std::uint64_t hash_ = 0;
};

}  // namespace varve
