// The outcomes of one crash that are tried: what may become of what was not synced.
#pragma once

#include <vector>

#include "base/sim/sim_crash.h"

namespace varve {

struct CrashOutcomeBounds {
  std::size_t all_subsets_up_to = 8;      // units; above: prefixes, each single lost, each single kept
  std::uint32_t tears_per_unit_max = 64;  // spread evenly over the write
  std::uint32_t random_outcomes = 100;    // above all_subsets_up_to; a quarter of them at or below
};

// Every tear is tried in both directions (only the first sectors survive; only they are lost) with all other units kept.
std::vector<CrashOutcome> crash_outcomes(const std::vector<UnsyncedUnit>& units, const CrashOutcomeBounds& bounds, Random& random);

}  // namespace varve
