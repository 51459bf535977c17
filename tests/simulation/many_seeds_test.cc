// What many seeds are there for: they meet everything that is counted, and see when the disks lie.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/simulation/cluster/cluster_simulation.h"
#include "tests/simulation/cluster/count_floors.h"

namespace varve {
namespace {

constexpr std::uint64_t kSeeds = 150;

TEST(ManySeeds, meets_everything_that_it_counts) {
  std::map<std::string, std::uint64_t> counts;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    ClusterOptions options;
    options.seed = seed;
    const ClusterReport report = simulate_cluster(options);
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

TEST(ManySeeds, finds_the_loss_when_the_disks_do_not_sync) {
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
