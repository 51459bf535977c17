// The simulated cluster itself: it repeats.
#include "tests/simulation/cluster/cluster_simulation.h"

#include <gtest/gtest.h>

namespace varve {
namespace {

ClusterReport simulate_seed(std::uint64_t seed) {
  ClusterOptions options;
  options.seed = seed;
  return simulate_cluster(options);
}

TEST(ClusterSimulation, one_seed_gives_one_history) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const ClusterReport first = simulate_seed(seed);
    const ClusterReport second = simulate_seed(seed);
    EXPECT_EQ(first.trace_hash, second.trace_hash) << "seed " << seed;
    EXPECT_EQ(first.counts, second.counts) << "seed " << seed;
  }
  EXPECT_NE(simulate_seed(1).trace_hash, simulate_seed(2).trace_hash);
}

}  // namespace
}  // namespace varve
