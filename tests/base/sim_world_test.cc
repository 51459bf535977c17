#include "base/sim/sim_world.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace varve {
namespace {

using testing::ElementsAre;

TEST(SimWorld, lets_time_pass_only_when_nothing_else_is_to_be_done) {
  SimWorld world;
  std::vector<int> order;
  auto later = world.clock().after(std::chrono::hours(2)).then([&] { order.push_back(2); }).eagerlyEvaluate(nullptr);
  auto sooner = world.clock().after(std::chrono::hours(1)).then([&] { order.push_back(1); }).eagerlyEvaluate(nullptr);
  auto now = kj::evalLater([&] { order.push_back(0); }).eagerlyEvaluate(nullptr);
  world.run_for(std::chrono::hours(3));
  EXPECT_THAT(order, ElementsAre(0, 1, 2));
  EXPECT_EQ(world.clock().now(), std::chrono::hours(3));
}

TEST(SimWorld, finds_what_will_never_happen) {
  SimWorld world;
  try {
    world.wait(kj::Promise<void>(kj::NEVER_DONE));
    FAIL();
  } catch (const kj::Exception& error) {
    EXPECT_THAT(error.getDescription().cStr(), testing::HasSubstr("simulated deadlock"));
  }
  world.run_for(std::chrono::seconds(1));  // and lives on
}

TEST(SimWorld, has_a_wall_clock_that_jumps_alone) {
  SimWorld world;
  std::uint64_t before = world.clock().wall_us();
  world.run_for(std::chrono::seconds(1));
  EXPECT_EQ(world.clock().wall_us() - before, 1'000'000u);
  world.clock().jump_wall(-std::chrono::hours(1));
  EXPECT_EQ(before + 1'000'000 - world.clock().wall_us(), 3'600'000'000u);
  EXPECT_EQ(world.clock().now(), std::chrono::seconds(1));
}

TEST(SimWorld, runs_workers_one_after_the_other_on_the_loop) {
  SimWorld world(1, 3);
  EXPECT_EQ(world.seams().workers.count(), 3u);
  std::vector<int> order;
  auto first = world.seams().workers.run([&] { order.push_back(1); });
  auto second = world.seams().workers.run([&] { order.push_back(2); });
  EXPECT_TRUE(order.empty());
  world.wait(kj::mv(second));
  world.wait(kj::mv(first));
  EXPECT_THAT(order, ElementsAre(1, 2));
}

TEST(SimWorld, keeps_log_lines) {
  SimWorld world;
  world.seams().log(LogLevel::kWarning, "the newest image is damaged");
  EXPECT_TRUE(world.log_contains("newest image"));
  EXPECT_FALSE(world.log_contains("oldest image"));
}

// Of the published algorithm for this seed: every machine must draw the same.
TEST(SimRandom, draws_the_same_numbers_everywhere) {
  SimRandom random(0);
  EXPECT_EQ(random.next(), 11091344671253066420ull);
  EXPECT_EQ(random.next(), 13793997310169335082ull);
  EXPECT_NE(SimRandom(1).next(), SimRandom(2).next());
}

}  // namespace
}  // namespace varve
