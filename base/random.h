// Seam to randomness.
#pragma once

#include <cstdint>

#include "varve/types.h"

namespace varve {

class Random {
 public:
  virtual ~Random() noexcept(false) {}
  virtual std::uint64_t next() = 0;

  // Uniform in 0 .. bound - 1 but for a bias below 2^-32 for bounds below 2^32. Precondition: bound > 0.
  std::uint64_t below(std::uint64_t bound) { return next() % bound; }
  Uuid uuid() {
    Uuid uuid;
    do uuid = Uuid{next(), next()};
    while (uuid.is_nil());
    return uuid;
  }
};

}  // namespace varve
