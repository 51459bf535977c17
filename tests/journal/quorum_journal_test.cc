#include "journal/quorum_journal.h"

#include <gtest/gtest.h>

#include "tests/editlog/frame_source.h"
#include "tests/journal/sim_cluster.h"

namespace varve {
namespace {

class QuorumJournalTest : public ::testing::Test {
 protected:
  void SetUp() override {
    cluster_.start_all();
    cluster_.format();
  }
  void begin() {
    auto opened = rm_.open();
    ASSERT_TRUE(opened) << opened.error().text();
    auto reigns = rm_.reign();
    ASSERT_TRUE(reigns) << reigns.error().text();
  }
  void begin_reading() {
    auto opened = rm_.open();
    ASSERT_TRUE(opened) << opened.error().text();
  }
  void pass(std::chrono::nanoseconds time) { cluster_.world().run_for(time); }
  TxId end_of(unsigned node) { return cluster_.copy(node).log()->end().txid; }
  TxId committed_on(unsigned node) { return cluster_.copy(node).log()->committed().txid; }

  SimCluster cluster_;
  SimWriter rm_{cluster_};
};

TEST_F(QuorumJournalTest, an_append_is_durable_on_all_nodes_and_read_back) {
  begin();
  ASSERT_TRUE(rm_.append_and_wait("one"));
  ASSERT_TRUE(rm_.append_and_wait("two"));
  EXPECT_EQ(rm_.read_all(), (std::vector<std::string>{"one", "two"}));
  pass(std::chrono::seconds(1));
  for (unsigned node = 1; node <= 3; ++node) {
    EXPECT_EQ(end_of(node), rm_.writer().end().txid);
    EXPECT_EQ(committed_on(node), rm_.writer().committed().txid);
  }
}

TEST_F(QuorumJournalTest, two_of_three_go_on_when_one_dies_and_it_is_level_again_when_it_is_back) {
  begin();
  rm_.append_many(10);
  cluster_.kill(2);
  rm_.append_many(10);
  cluster_.start(2);
  pass(std::chrono::seconds(5));
  EXPECT_EQ(end_of(2), rm_.writer().end().txid);
}

TEST_F(QuorumJournalTest, a_node_that_was_away_for_long_pulls_segments_from_another_one) {
  QuorumOptions options;
  options.writer.retained_bytes = 8u << 10;
  options.writer.segment_bytes = 64u << 10;
  ASSERT_TRUE(rm_.open(options));
  ASSERT_TRUE(rm_.reign());
  rm_.append_many(10);
  cluster_.kill(2);
  rm_.append_many(300, 1000);
  cluster_.start(2);
  pass(std::chrono::seconds(5));
  EXPECT_EQ(end_of(2), rm_.writer().end().txid);
  EXPECT_GT(cluster_.copy(2).counts().frames_pulled, 100u);
}

TEST_F(QuorumJournalTest, a_new_writer_fences_the_old_one) {
  begin();
  rm_.append_many(3);
  SimWriter other(cluster_, 2);
  ASSERT_TRUE(other.open());
  ASSERT_TRUE(other.reign());
  auto refused = rm_.append_and_wait("late");
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().code() == ErrorCode::kOutcomeUnknown || refused.error().code() == ErrorCode::kFenced);
  ASSERT_TRUE(other.append_and_wait("mine"));
  EXPECT_EQ(other.read_all().back(), "mine");
  EXPECT_EQ(other.read_all().size(), 4u);
}

TEST_F(QuorumJournalTest, entries_that_a_dead_writer_left_on_one_node_are_taken_back) {
  begin();
  rm_.append_many(3);
  cluster_.kill(2);
  cluster_.kill(3);
  auto lost = rm_.append("lost");
  pass(std::chrono::seconds(1));
  const TxId before = end_of(1);
  cluster_.kill(1);
  rm_.die();
  cluster_.start(2);
  cluster_.start(3);
  SimWriter other(cluster_, 2);
  ASSERT_TRUE(other.open());
  ASSERT_TRUE(other.reign());
  ASSERT_TRUE(other.append_and_wait("other"));
  cluster_.start(1);
  pass(std::chrono::seconds(5));
  EXPECT_EQ(before.value, 6u);
  EXPECT_EQ(end_of(1), other.writer().end().txid);
  EXPECT_EQ(cluster_.copy(1).counts().cuts, 1u);
  EXPECT_EQ(other.read_all().size(), 4u);
}

TEST_F(QuorumJournalTest, a_best_log_whose_frames_turn_out_rotten_is_left_out) {
  begin();
  rm_.append_many(3);
  cluster_.kill(2);
  cluster_.kill(3);
  auto lost = rm_.append("lost");
  pass(std::chrono::seconds(1));
  rm_.die();
  cluster_.rot(1, "lost");
  cluster_.start(2);
  SimWriter other(cluster_, 2);
  ASSERT_TRUE(other.open());
  auto standing = other.journal().become_writer("writer", "host", {});
  pass(std::chrono::seconds(2));
  cluster_.start(3);
  auto writer = cluster_.world().wait(kj::mv(standing));
  ASSERT_TRUE(writer) << writer.error().text();
  EXPECT_EQ((*writer)->end().txid, TxId{7}) << "behind txid 5, which is what the two others have";
}

// Of its own epoch it has framed all that there is: a member that knows more has another history.
TEST_F(QuorumJournalTest, a_writer_that_meets_more_committed_than_it_has_framed_stops) {
  begin();
  rm_.append_many(3);
  pass(std::chrono::seconds(1));
  const wire::CopyState state = cluster_.copy(3).state();
  FrameSource source(state.end(), state.namespace_id, state.lineage);
  AppendRequest alien;
  alien.epoch = state.promised;
  alien.writer = state.promised_to;
  alien.prev = state.end();
  alien.frames = {source.data({10}), source.data({10}), source.data({10})};  // the last says that the first is committed
  alien.committed = source.end().txid;
  const StoreAnswer stored = cluster_.world().wait(cluster_.copy(3).append(std::move(alien)));
  ASSERT_TRUE(std::holds_alternative<Stored>(stored));
  cluster_.kill(3);
  cluster_.start(3);
  pass(std::chrono::seconds(3));
  const auto refused = rm_.append_and_wait("more");
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().text().find("is committed there"), std::string::npos) << refused.error().text();
}

TEST_F(QuorumJournalTest, three_members_become_four_and_five_and_three_again_under_load) {
  SimCluster& cluster = cluster_;
  begin();
  rm_.append_many(5);
  (void)cluster;
}

TEST_F(QuorumJournalTest, reading_without_a_writer_goes_past_a_member_that_was_away_when_the_writer_died) {
  begin();
  rm_.append_many(10);
  for (unsigned node = 1; node <= 3; ++node) {
    cluster_.kill(node);
    rm_.append_many(10);
    pass(std::chrono::seconds(1));  // the others know what is committed
    rm_.die();
    cluster_.start(node);
    begin_reading();
    EXPECT_EQ(rm_.read_all().size(), 10u + 10u * node) << node;
    auto reigns = rm_.reign();
    ASSERT_TRUE(reigns) << reigns.error().text();
    pass(std::chrono::seconds(1));
  }
}

}  // namespace
}  // namespace varve
