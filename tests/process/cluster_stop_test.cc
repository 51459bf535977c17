// Journal nodes and writers that stand still for a while and wake up: to the others they are slow, to themselves nothing has happened.
#include <signal.h>

#include "tests/process/cluster_test.h"

namespace varve {
namespace {

using ::testing::HasSubstr;

class ClusterStopTest : public ClusterTest {
 protected:
  void expect_all_well() {
    EXPECT_EQ(check(), "") << "seed " << seed();
    EXPECT_EQ(compare_files(), "") << "seed " << seed();
  }
  // Nothing more is acknowledged once what was answered before has arrived.
  void expect_silence() {
    pass(std::chrono::milliseconds(100));
    const std::uint64_t before = record().acknowledged();
    pass(std::chrono::milliseconds(300));
    EXPECT_EQ(record().acknowledged(), before);
  }
  bool anything_acknowledged_behind(std::uint64_t number) {
    while (++number <= record().last_submitted())
      if (record().fate(number) == OutsideRecord::Fate::kAcknowledged) return true;
    return false;
  }
};

TEST_F(ClusterStopTest, writing_goes_on_beside_a_stopped_node_which_is_level_again_when_it_wakes) {
  write();
  for (std::size_t i = 0; i < 2 * nodes() && !HasFatalFailure(); ++i) {
    JournalDaemon& stopped = node(i % nodes());
    stopped.stop();
    wait_for_more(2000);
    stopped.go_on();
    ASSERT_EQ(level(), "");
  }
  kill();
  expect_all_well();
}

TEST_F(ClusterStopTest, writing_stands_still_while_two_nodes_do_and_goes_on_with_them) {
  write();
  for (std::size_t awake = 0; awake < nodes() && !HasFatalFailure(); ++awake) {
    for (std::size_t i = 0; i < nodes(); ++i)
      if (i != awake) node(i).stop();
    expect_silence();
    for (std::size_t i = 0; i < nodes(); ++i) node(i).go_on();
    wait_for_more(500);
  }
  kill();
  expect_all_well();
}

TEST_F(ClusterStopTest, a_writer_that_wakes_after_another_has_taken_over_acknowledges_nothing_and_learns_what_became_of_the_rest) {
  for (int round = 0; round < 5; ++round) {
    write(1 + below(500), {"--resolve", "--commit-patience-ms", "200"});
    if (HasFatalFailure()) return;
    process().signal(SIGSTOP);
    pass(std::chrono::milliseconds(250));
    const Ran rival = run(writer("write", {"--count", "500"}));
    ASSERT_EQ(rival.status, 0) << rival.output;
    const std::uint64_t before = record().last_submitted();
    process().signal(SIGCONT);
    ASSERT_EQ(process().wait(), 3) << process().output();
    EXPECT_THAT(process().output(), HasSubstr("failed (")) << "seed " << seed();
    EXPECT_THAT(process().output(), HasSubstr("resolved: "));
    EXPECT_FALSE(anything_acknowledged_behind(before)) << process().output();
  }
  expect_all_well();
}

TEST_F(ClusterStopTest, a_writer_that_nobody_fenced_goes_on_after_it_has_slept) {
  write();
  for (int round = 0; round < 3 && !HasFatalFailure(); ++round) {
    process().signal(SIGSTOP);
    pass(std::chrono::milliseconds(100));
    process().signal(SIGCONT);
    wait_for_more(500);
  }
  kill();
  expect_all_well();
}

}  // namespace
}  // namespace varve
