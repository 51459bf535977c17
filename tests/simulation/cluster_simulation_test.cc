// The simulated cluster itself: it repeats, it meets everything that it is there for, and it sees when the disks lie.
#include "tests/simulation/cluster/cluster_simulation.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/simulation/cluster/count_floors.h"

namespace varve {
namespace {

constexpr std::uint64_t kSeeds = 150;

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

TEST(ClusterSimulation, meets_everything_that_it_counts) {
  std::map<std::string, std::uint64_t> counts;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const ClusterReport report = simulate_seed(seed);
    EXPECT_EQ(report.failure, "") << "seed " << seed;
    for (const auto& [what, times] : report.counts) counts[what] += times;
  }
  for (const CountFloor& floor : count_floors()) {
    const std::string what = floor.what;
    if (what == kVirtualHours || floor.in_10000_seeds == 0) continue;
    EXPECT_GT(counts[what], 0u) << what;
  }
  for (const auto& [what, times] : counts)
    EXPECT_TRUE(std::ranges::any_of(count_floors(), [&](const CountFloor& floor) { return what == floor.what; }))
        << what << " has no floor";
}

TEST(ClusterSimulation, finds_the_loss_when_the_disks_do_not_sync) {
  std::uint64_t found = 0;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    ClusterOptions options;
    options.seed = seed;
    options.sync_is_noop = true;
    found += simulate_cluster(options).failure.empty() ? 0 : 1;
  }
  EXPECT_GE(found, 8u) << "acknowledged work was lost and the simulation is blind to it";
}

}  // namespace
}  // namespace varve
