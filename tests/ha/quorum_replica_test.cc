// A replica whose log is on a quorum of journal nodes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/ha/sim_quorum_rm.h"

namespace varve {
namespace {

using ::testing::HasSubstr;

class QuorumReplicaTest : public ::testing::Test {
 protected:
  void SetUp() override {
    cluster_.start_all();
    cluster_.format();
  }
  void start(SimQuorumRm& rm) {
    const auto started = rm.start();
    ASSERT_TRUE(started) << started.error().text();
  }
  void commit(SimQuorumRm& rm, std::size_t count) {
    rm.submit_many(count);
    rm.settle();
    EXPECT_THAT(rm.errors(), ::testing::IsEmpty());
  }

  SimCluster cluster_;
  SimQuorumRm rm_{cluster_};
  SimQuorumRm other_{cluster_, 2};
};

TEST_F(QuorumReplicaTest, keeps_what_it_acknowledged_through_a_kill) {
  start(rm_);
  commit(rm_, 500);
  const Epoch before = rm_.replica().status().epoch;
  rm_.kill();
  start(rm_);
  EXPECT_EQ(rm_.check_and_adopt(), "");
  EXPECT_EQ(rm_.state().size(), 500u);
  EXPECT_GT(rm_.replica().status().epoch, before);
}

TEST_F(QuorumReplicaTest, what_was_under_way_at_the_kill_is_there_in_order_or_not_at_all) {
  for (int life = 0; life < 20; ++life) {
    start(rm_);
    EXPECT_EQ(rm_.check_and_adopt(), "") << life;
    rm_.submit_many(300);
    cluster_.world().run_for(std::chrono::microseconds(100 * life));
    rm_.kill();
  }
  EXPECT_GT(rm_.acknowledged(), 300u);
}

TEST_F(QuorumReplicaTest, is_closed_without_an_error_and_all_nodes_are_level) {
  start(rm_);
  commit(rm_, 100);
  const auto stopped = rm_.stop();
  EXPECT_TRUE(stopped) << stopped.error().text();
  const LogPosition end = cluster_.copy(1).log()->end();
  for (unsigned node = 1; node <= 3; ++node) {
    EXPECT_EQ(cluster_.copy(node).log()->end(), end);
    EXPECT_EQ(cluster_.copy(node).log()->committed(), end);
  }
}

TEST_F(QuorumReplicaTest, another_one_takes_over_with_an_equal_state) {
  start(rm_);
  commit(rm_, 300);
  const std::vector<std::string> left = rm_.state();
  rm_.kill();
  start(other_);
  EXPECT_EQ(other_.state(), left);
  commit(other_, 10);
}

TEST_F(QuorumReplicaTest, the_one_before_is_fenced_while_it_lives) {
  start(rm_);
  commit(rm_, 10);
  start(other_);
  rm_.submit_many(1);
  rm_.settle();
  ASSERT_EQ(rm_.errors().size(), 1u);
  EXPECT_EQ(rm_.replica().status().role, Status::Role::kFailed);
  EXPECT_EQ(other_.state().size(), 10u);
}

TEST_F(QuorumReplicaTest, goes_on_when_each_node_in_turn_is_killed_and_comes_back) {
  start(rm_);
  for (unsigned node = 1; node <= 3; ++node) {
    cluster_.kill(node);
    commit(rm_, 200);
    cluster_.start(node);
    commit(rm_, 200);
    cluster_.world().run_for(std::chrono::seconds(5));
  }
  rm_.kill();
  start(rm_);
  EXPECT_EQ(rm_.check_and_adopt(), "");
  EXPECT_EQ(rm_.state().size(), 1200u);
}

TEST_F(QuorumReplicaTest, comes_up_from_its_image_and_the_rest_of_the_log) {
  start(rm_);
  commit(rm_, 400);
  ASSERT_TRUE(rm_.checkpoint());
  commit(rm_, 50);
  rm_.kill();
  start(rm_);
  EXPECT_EQ(rm_.state().size(), 450u);
  EXPECT_GT(rm_.replica().status().recovery.image_txid, TxId{400});
  EXPECT_LT(rm_.replica().status().recovery.replayed, 100u);
}

TEST_F(QuorumReplicaTest, without_a_majority_it_does_not_come_up_and_says_who_is_missing) {
  cluster_.kill(1);
  cluster_.kill(3);
  const auto started = rm_.start();
  ASSERT_FALSE(started);
  EXPECT_THAT(started.error().text(), HasSubstr("n1:8485"));
  EXPECT_THAT(started.error().text(), HasSubstr("n3:8485"));
}

}  // namespace
}  // namespace varve
