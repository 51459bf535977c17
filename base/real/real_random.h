// The kernel's randomness. Threads: any.
#pragma once

#include "base/random.h"

namespace varve {

class RealRandom final : public Random {
 public:
  std::uint64_t next() override;
};

}  // namespace varve
