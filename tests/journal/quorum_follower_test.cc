#include "journal/quorum_follower.h"

#include <gtest/gtest.h>

#include "journal/member_change.h"
#include "tests/journal/noting_watcher.h"
#include "tests/journal/sim_cluster.h"

namespace varve {
namespace {

class QuorumFollowerTest : public ::testing::Test {
 protected:
  ~QuorumFollowerTest() noexcept override {}
  void SetUp() override {
    cluster_.start_all(6);
    cluster_.format();
    ASSERT_TRUE(rm_.open());
    ASSERT_TRUE(rm_.reign());
    rm_.append_many(5);
    ASSERT_TRUE(cluster_.world().wait(follower_.begin()));
  }
  // Reads until it has seen this transaction; false after a minute without one.
  bool follow_to(TxId txid) {
    while (seen_ < txid) {
      kj::Promise<bool> idle = cluster_.world().clock().after(std::chrono::minutes(1)).then([] { return false; });
      kj::Promise<bool> more = kj::Promise<Result<std::vector<FrameView>>>(follower_.next()).then([this](auto&& frames) {
        if (!frames) return frames.error().code() == ErrorCode::kIo;
        for (const FrameView& frame : *frames) {
          EXPECT_EQ(frame.header->first(), seen_.next());
          seen_ = frame.header->last();
        }
        return true;
      });
      if (!cluster_.world().wait(more.exclusiveJoin(kj::mv(idle)))) return false;
    }
    return true;
  }
  TxId end() { return rm_.writer().end().txid; }

  SimCluster cluster_{1, 6, 3};
  SimWriter rm_{cluster_};
  QuorumFollower follower_{cluster_.client(2), cluster_.url(), QuorumOptions()};
  TxId seen_;
};

TEST_F(QuorumFollowerTest, sees_everything_once_while_nodes_die_and_come_back) {
  for (unsigned node : {1u, 2u, 3u, 1u}) {
    ASSERT_TRUE(follow_to(end()));
    cluster_.kill(node);
    rm_.append_many(3);
    ASSERT_TRUE(follow_to(end()));
    cluster_.start(node);
    cluster_.world().run_for(std::chrono::seconds(3));
  }
}

TEST_F(QuorumFollowerTest, waits_while_all_nodes_are_away) {
  ASSERT_TRUE(follow_to(end()));
  for (unsigned node = 1; node <= 3; ++node) cluster_.kill(node);
  EXPECT_FALSE(cluster_.world().wait(follower_.next()));
  for (unsigned node = 1; node <= 3; ++node) cluster_.start(node);
  SimWriter next(cluster_, 3);
  ASSERT_TRUE(next.open());
  ASSERT_TRUE(next.reign());
  ASSERT_TRUE(next.append_and_wait("again"));
  EXPECT_TRUE(follow_to(next.writer().end().txid));
}

TEST_F(QuorumFollowerTest, finds_members_that_took_the_place_of_all_that_it_knew) {
  NotingWatcher watcher;
  MemberChange change(cluster_.client(2), cluster_.url(), MemberChangeOptions(), watcher);
  for (unsigned node = 1; node <= 3; ++node) {
    ASSERT_TRUE(cluster_.world().wait(change.replace(SimCluster::address_of(node), SimCluster::address_of(node + 3))));
    ASSERT_TRUE(follow_to(end()));
    cluster_.kill(node);
  }
  rm_.append_many(3);
  EXPECT_TRUE(follow_to(end()));
}

TEST_F(QuorumFollowerTest, finds_the_members_when_all_that_it_knew_were_removed_and_live_on) {
  NotingWatcher watcher;
  MemberChange change(cluster_.client(2), cluster_.url(), MemberChangeOptions(), watcher);
  ASSERT_TRUE(follow_to(end()));
  for (unsigned node = 1; node <= 3; ++node)
    ASSERT_TRUE(cluster_.world().wait(change.replace(SimCluster::address_of(node), SimCluster::address_of(node + 3))));
  rm_.append_many(3);
  EXPECT_TRUE(follow_to(end()));
}

}  // namespace
}  // namespace varve
