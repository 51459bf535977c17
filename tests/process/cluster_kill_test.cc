// Journal nodes and writers that are killed under load: page caches survive, the processes' own memory does not.
#include <signal.h>

#include "tests/process/cluster_test.h"

namespace varve {
namespace {

class ClusterKillTest : public ClusterTest {
 protected:
  void expect_all_well() {
    EXPECT_EQ(check(), "") << "seed " << seed();
    EXPECT_EQ(compare_files(), "") << "seed " << seed();
  }
};

TEST_F(ClusterKillTest, nothing_is_lost_by_kills_of_nodes_and_each_is_level_again_by_itself) {
  write();
  for (int round = 0; round < 12 && !HasFatalFailure(); ++round) {
    const std::size_t victim = below(nodes());
    wait_for_more(1 + below(300));
    kill_node(victim);
    wait_for_more(500);
    start_node(victim);
    ASSERT_EQ(level(), "") << "round " << round << ", seed " << seed();
  }
  kill();
  expect_all_well();
}

TEST_F(ClusterKillTest, nothing_is_lost_by_kills_of_the_writer) {
  for (int round = 0; round < 12; ++round) {
    write(1 + below(1000));
    if (HasFatalFailure()) return;
    kill();
  }
  expect_all_well();
}

TEST_F(ClusterKillTest, nothing_is_lost_when_the_writer_and_a_node_die_together) {
  for (int round = 0; round < 10; ++round) {
    const std::size_t victim = below(nodes());
    write(1 + below(1000));
    if (HasFatalFailure()) return;
    node(victim).process().signal(SIGKILL);
    kill();
    kill_node(victim);
    write(1 + below(100));  // with the other two
    if (HasFatalFailure()) return;
    start_node(victim);
    kill();
  }
  expect_all_well();
}

TEST_F(ClusterKillTest, a_node_may_be_killed_at_any_moment_of_its_start) {
  write();
  for (int round = 0; round < 15; ++round) {
    kill_node(0);
    wait_for_more(100);
    node(0).launch();
    const auto until = std::chrono::steady_clock::now() + std::chrono::microseconds(below(40'000));
    node(0).process().wait_until([&] { return std::chrono::steady_clock::now() >= until; });
  }
  ASSERT_TRUE(node(0).wait_until_ready()) << node(0).process().output();
  EXPECT_EQ(level(), "") << "seed " << seed();
  kill();
  expect_all_well();
}

TEST_F(ClusterKillTest, all_nodes_killed_at_once_come_back_with_everything) {
  for (int round = 0; round < 5; ++round) {
    write(1 + below(1000));
    if (HasFatalFailure()) return;
    for (std::size_t i = 0; i < nodes(); ++i) node(i).process().signal(SIGKILL);
    for (std::size_t i = 0; i < nodes(); ++i) kill_node(i);
    kill();
    for (std::size_t i = 0; i < nodes(); ++i) start_node(i);
  }
  expect_all_well();
}

}  // namespace
}  // namespace varve
