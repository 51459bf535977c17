// Journal nodes whose file systems lose their power under load.
#include <signal.h>

#include "tests/process/cluster_disks.h"

namespace varve {
namespace {

constexpr int kPowerLosses = 5;

class ClusterPowerLossTest : public ClusterDisks, public ::testing::WithParamInterface<FileSystem> {
 protected:
  void SetUp() override {
    if (const std::string why = LoopMount::unavailable(GetParam()); !why.empty()) GTEST_SKIP() << why;
  }
  // What was not synced is gone, and so is the process.
  void lose_power(std::size_t index) { disk(index).lose_power(); }
  void bring_back(std::size_t index) {
    kill_node(index);
    disk(index).unmount();
    disk(index).mount();
    start_node(index);
  }
};

TEST_P(ClusterPowerLossTest, two_nodes_go_on_while_the_third_loses_its_power_and_it_is_level_again_by_itself) {
  begin_on(1, GetParam(), LoopMount::kBytesMin);
  write();
  for (int round = 0; round < kPowerLosses && !HasFatalFailure(); ++round) {
    wait_for_more(1 + below(4000));
    lose_power(0);
    wait_for_more(2000);
    bring_back(0);
    ASSERT_EQ(level(), "") << "power loss " << round << ", seed " << seed() << ", the writer says:\n" << process().output();
  }
  kill();
  expect_all_well();
}

TEST_P(ClusterPowerLossTest, nothing_acknowledged_is_lost_when_all_lose_their_power_at_once) {
  begin_on(3, GetParam(), LoopMount::kBytesMin);
  for (int round = 0; round < kPowerLosses; ++round) {
    write(1 + below(4000));
    if (HasFatalFailure()) return;
    for (std::size_t i = 0; i < disks(); ++i) lose_power(i);
    kill();
    for (std::size_t i = 0; i < disks(); ++i) bring_back(i);
  }
  expect_all_well();
}

INSTANTIATE_TEST_SUITE_P(, ClusterPowerLossTest, ::testing::Values(FileSystem::kExt4, FileSystem::kXfs),
                         [](const auto& parameter) { return std::string(to_string(parameter.param)); });

}  // namespace
}  // namespace varve
