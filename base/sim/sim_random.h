// Randomness from a seed: the same numbers on every machine, compiler and library (xoshiro256**, seeded by splitmix64).
#pragma once

#include <array>
#include <cstdint>

#include "base/random.h"

namespace varve {

class SimRandom final : public Random {
 public:
  explicit SimRandom(std::uint64_t seed);

  std::uint64_t next() override;

  // True in `percent` of 100 cases.
  bool percent(unsigned percent) { return below(100) < percent; }

 private:
  std::array<std::uint64_t, 4> state_;
};

}  // namespace varve
