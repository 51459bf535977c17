// Journal nodes and a writer, each a host of its own, and a network between them that fails.
#include <signal.h>

#include "tests/process/cluster_test.h"
#include "tests/process/network_lab.h"

namespace varve {
namespace {

class ClusterNetworkTest : public ClusterTest {
 protected:
  static constexpr std::size_t kNodes = 3;
  static constexpr std::size_t kWriter = kNodes;  // hosts beside the nodes
  static constexpr std::size_t kRival = kNodes + 1;

  void SetUp() override {
    if (const std::string why = NetworkLab::unavailable(); !why.empty()) GTEST_SKIP() << why;
    lab_ = std::make_unique<NetworkLab>(kNodes + 2);
    for (std::size_t i = 0; i < kNodes; ++i) {
      place(i, "", lab_->address(i) + ":8485");
      node(i).prefix = lab_->on(i);
      node(i).options = {"--tls-allow-insecure=true"};
    }
    run_clients_by(lab_->on(kWriter));
    begin(kNodes);
  }
  NetworkLab& lab() { return *lab_; }

  // Nothing more is acknowledged once what was answered before has arrived.
  void expect_silence() {
    pass(std::chrono::milliseconds(100));
    const std::uint64_t before = record().acknowledged();
    pass(std::chrono::milliseconds(300));
    EXPECT_EQ(record().acknowledged(), before);
  }
  void expect_all_well() {
    EXPECT_EQ(check(), "") << "seed " << seed();
    EXPECT_EQ(compare_files(), "") << "seed " << seed();
  }

 private:
  std::unique_ptr<NetworkLab> lab_;
};

TEST_F(ClusterNetworkTest, a_writer_cut_from_one_node_goes_on_and_the_node_is_level_again_when_the_network_is) {
  write();
  for (std::size_t i = 0; i < kNodes && !HasFatalFailure(); ++i) {
    lab().cut(kWriter, i);
    wait_for_more(2000);
    lab().heal();
    ASSERT_EQ(level(), "");
  }
  kill();
  expect_all_well();
}

TEST_F(ClusterNetworkTest, a_writer_cut_from_two_nodes_stands_still_and_goes_on_when_the_network_is_whole) {
  write();
  lab().cut(kWriter, 0);
  lab().cut(kWriter, 1);
  expect_silence();
  lab().heal();
  wait_for_more(500);
  ASSERT_EQ(level(), "");
  kill();
  expect_all_well();
}

TEST_F(ClusterNetworkTest, drops_in_one_direction_only_are_no_worse) {
  write();
  for (std::size_t i = 0; i < 2 && !HasFatalFailure(); ++i) {
    i == 0 ? lab().drop(kWriter, i) : lab().drop(i, kWriter);
    wait_for_more(2000);
    lab().heal();
    ASSERT_EQ(level(), "");
  }
  kill();
  expect_all_well();
}

TEST_F(ClusterNetworkTest, a_node_without_network_is_level_again_when_it_has_one) {
  write();
  lab().unplug(0);
  wait_for_more(2000);
  lab().heal();
  ASSERT_EQ(level(), "");
  kill();
  expect_all_well();
}

TEST_F(ClusterNetworkTest, a_writer_cut_from_the_majority_is_replaced_and_acknowledges_nothing_more_when_it_is_back) {
  write(100, {"--resolve"});
  lab().cut(kWriter, 0);
  lab().cut(kWriter, 1);
  lab().cut(kWriter, kRival);
  expect_silence();
  run_clients_by(lab().on(kRival));
  const Ran rival = run(writer("write", {"--count", "1000"}));
  ASSERT_EQ(rival.status, 0) << rival.output;
  const std::uint64_t before = record().last_submitted();
  lab().heal();
  EXPECT_EQ(process().wait(), 3) << process().output();
  for (std::uint64_t number = before + 1; number <= record().last_submitted(); ++number)
    EXPECT_NE(record().fate(number), OutsideRecord::Fate::kAcknowledged) << number;
  expect_all_well();
}

TEST_F(ClusterNetworkTest, nodes_that_cannot_reach_each_other_serve_the_writer_that_reaches_them_all) {
  write();
  lab().cut(0, 1);
  lab().cut(0, 2);
  lab().cut(1, 2);
  wait_for_more(2000);
  kill_node(2);
  wait_for_more(2000);
  start_node(2);
  lab().heal();
  ASSERT_EQ(level(), "");
  kill();
  expect_all_well();
}

}  // namespace
}  // namespace varve
