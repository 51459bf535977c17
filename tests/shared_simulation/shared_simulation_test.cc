// The simulation of the shared directory: it repeats, it meets its faults, and it sees when a disk lies.
#include "tests/shared_simulation/shared_simulation.h"

#include <gtest/gtest.h>

namespace varve {
namespace {

constexpr std::uint64_t kSeeds = 40;

TEST(SharedSimulation, one_seed_gives_one_history) {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    const SharedSimulationReport first = simulate_shared({.seed = seed});
    const SharedSimulationReport second = simulate_shared({.seed = seed});
    EXPECT_EQ(first.trace_hash, second.trace_hash) << "seed " << seed;
    EXPECT_EQ(first.counts.acknowledged, second.counts.acknowledged) << "seed " << seed;
  }
  EXPECT_NE(simulate_shared({.seed = 1}).trace_hash, simulate_shared({.seed = 2}).trace_hash);
}

TEST(SharedSimulation, meets_every_kind_of_fault) {
  SharedSimulationReport total;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const SharedSimulationReport report = simulate_shared({.seed = seed});
    ASSERT_EQ(report.failure, "") << "seed " << seed;
    total.add(report);
  }
  std::cout << total.text() << "\n";
  for (const std::uint64_t count : {total.counts.fenced, total.counts.unknown, total.counts.no_space, total.counts.outcomes,
                                    total.counts.purges, total.counts.read, total.late_operations, total.power_losses})
    EXPECT_GT(count, 0u) << total.text();
  EXPECT_GT(total.counts.reigns, 2 * kSeeds);
}

TEST(SharedSimulation, finds_the_loss_when_the_disk_does_not_sync) {
  std::uint64_t found = 0;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) found += simulate_shared({.seed = seed, .sync_is_noop = true}).failure.empty() ? 0 : 1;
  EXPECT_GE(found, 5u) << "acknowledged work was lost and the simulation is blind to it";
}

}  // namespace
}  // namespace varve
