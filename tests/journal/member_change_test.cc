#include "journal/member_change.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/journal/noting_watcher.h"
#include "tests/journal/sim_cluster.h"

namespace varve {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class MemberChangeTest : public ::testing::Test {
 protected:
  ~MemberChangeTest() noexcept override {}
  void SetUp() override {
    cluster_.start_all(5);
    cluster_.format();
  }
  void begin() {
    ASSERT_TRUE(rm_.open());
    ASSERT_TRUE(rm_.reign());
    rm_.append_many(20);
  }
  MemberChange change() { return MemberChange(cluster_.client(2), cluster_.url(), MemberChangeOptions(), watcher_); }
  Result<void> add(unsigned node) { return cluster_.world().wait(change_.add(SimCluster::address_of(node))); }
  Result<void> remove(unsigned node, bool force = false) {
    return cluster_.world().wait(change_.remove(SimCluster::address_of(node), force));
  }
  Result<void> replace(unsigned removed, unsigned added) {
    return cluster_.world().wait(change_.replace(SimCluster::address_of(removed), SimCluster::address_of(added)));
  }
  std::string members() {
    const QuorumFindings findings = cluster_.world().wait(survey_quorum(cluster_.client(2), cluster_.url(5), std::chrono::seconds(1)));
    return members_text(findings.configuration);
  }

  SimCluster cluster_{1, 5};
  SimWriter rm_{cluster_};
  NotingWatcher watcher_;
  MemberChange change_ = change();
};

TEST_F(MemberChangeTest, three_become_five_and_three_again_while_writing_goes_on) {
  begin();
  ASSERT_TRUE(add(4));
  rm_.append_many(20);
  ASSERT_TRUE(add(5));
  EXPECT_EQ(members(), "n1:8485 (voter), n2:8485 (voter), n3:8485 (voter), n4:8485 (voter), n5:8485 (voter)");
  ASSERT_TRUE(remove(1));
  rm_.append_many(20);
  ASSERT_TRUE(remove(2));
  EXPECT_EQ(members(), "n3:8485 (voter), n4:8485 (voter), n5:8485 (voter)");
  rm_.append_many(20);
  EXPECT_EQ(rm_.read_all().size(), 80u);
}

TEST_F(MemberChangeTest, without_a_writer_nothing_is_changed_and_it_is_said_soon) {
  const auto began = cluster_.world().clock().now();
  const auto refused = add(4);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().text(), HasSubstr("no writer is connected"));
  EXPECT_LT(cluster_.world().clock().now() - began, std::chrono::seconds(10));
  begin();
  EXPECT_TRUE(add(4)) << "what was begun is taken up";
}

TEST_F(MemberChangeTest, the_writer_is_found_behind_whichever_node_it_is_connected_to) {
  begin();
  cluster_.world().network().cut("rm1", "n1");
  cluster_.world().run_for(std::chrono::seconds(60));
  EXPECT_TRUE(remove(1));
}

TEST_F(MemberChangeTest, a_dead_member_is_replaced) {
  begin();
  cluster_.kill(3);
  ASSERT_TRUE(replace(3, 4));
  EXPECT_EQ(members(), "n1:8485 (voter), n2:8485 (voter), n4:8485 (voter)");
  EXPECT_TRUE(replace(3, 4)) << "it was done before";
}

TEST_F(MemberChangeTest, a_learner_that_dies_is_waited_for_and_then_reported) {
  begin();
  cluster_.kill(4);
  EXPECT_FALSE(add(4));
  cluster_.start(4);
  bool added = false;
  {
    kj::Promise<void> adding =
        kj::Promise<Result<void>>(change_.add(SimCluster::address_of(4))).then([&](Result<void>&& done) { added = done.has_value(); });
    cluster_.world().run_ready();
    cluster_.kill(4);
    cluster_.world().wait(adding.exclusiveJoin(cluster_.world().clock().after(std::chrono::seconds(200))));
  }
  EXPECT_FALSE(added);
  cluster_.start(4);
  EXPECT_TRUE(add(4)) << "the same again finishes it";
}

TEST_F(MemberChangeTest, a_removal_without_a_live_majority_must_be_forced) {
  begin();
  cluster_.kill(1);
  cluster_.world().run_for(std::chrono::seconds(1));
  const auto refused = remove(2);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::kRefused);
  EXPECT_THAT(refused.error().text(), HasSubstr("no majority"));
  EXPECT_EQ(members(), "n1:8485 (voter), n2:8485 (voter), n3:8485 (voter)");
}

TEST_F(MemberChangeTest, wrong_nodes_are_refused_with_those_there_are) {
  begin();
  EXPECT_THAT(remove(4).error().text(), AllOf(HasSubstr("n4:8485 is no member"), HasSubstr("n1:8485 (voter)")));
  EXPECT_EQ(add(2).error().code(), ErrorCode::kExists);
  EXPECT_EQ(replace(4, 5).error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(replace(1, 1).error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(members(), "n1:8485 (voter), n2:8485 (voter), n3:8485 (voter)");
}

}  // namespace
}  // namespace varve
