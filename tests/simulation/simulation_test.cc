// The simulation itself: it repeats, it meets every kind of fault, and it sees when a disk lies.
#include "tests/simulation/simulation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace varve {
namespace {

constexpr std::uint64_t kSeeds = 60;

TEST(Simulation, one_seed_gives_one_history) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const SimulationReport first = simulate({.seed = seed});
    const SimulationReport second = simulate({.seed = seed});
    EXPECT_EQ(first.trace_hash, second.trace_hash) << "seed " << seed;
    EXPECT_EQ(first.acknowledged, second.acknowledged) << "seed " << seed;
  }
  EXPECT_NE(simulate({.seed = 1}).trace_hash, simulate({.seed = 2}).trace_hash);
}

// Each has found something once.
TEST(Simulation, seeds_that_failed_stay_well) {
  for (const std::uint64_t seed : {16, 43, 250, 283, 1499, 1608, 2116}) EXPECT_EQ(simulate({.seed = seed}).failure, "") << "seed " << seed;
}

TEST(Simulation, meets_every_kind_of_fault) {
  FaultCounts faults;
  std::uint64_t outcomes = 0;
  std::uint64_t audits = 0;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const SimulationReport report = simulate({.seed = seed});
    ASSERT_EQ(report.failure, "") << "seed " << seed;
    faults.add(report.faults);
    outcomes += report.outcomes_asked;
    audits += report.audits;
  }
  for (std::size_t kind = 0; kind < kFaultKinds; ++kind)
    EXPECT_GT(faults[static_cast<FaultKind>(kind)], 0u) << to_string(static_cast<FaultKind>(kind));
  EXPECT_GT(outcomes, 0u);
  EXPECT_GT(audits, kSeeds);
  std::cout << "faults: " << faults.text() << "\n";
}

TEST(Simulation, finds_the_loss_when_the_disk_does_not_sync) {
  std::uint64_t found = 0;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) found += simulate({.seed = seed, .sync_is_noop = true}).failure.empty() ? 0 : 1;
  EXPECT_GE(found, 8u) << "acknowledged work was lost and the simulation is blind to it";
}

}  // namespace
}  // namespace varve
