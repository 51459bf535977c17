// What a writer counts, and what it asks of whom: rules R17, R18, R26, R27, R30 and R31 of docs/protocol.md. The nodes answer as the test
// wants.
#include <gtest/gtest.h>

#include <array>
#include <memory>

#include "journal/quorum_writer.h"
#include "tests/editlog/frame_source.h"
#include "tests/simulation/rules/hand_node.h"

namespace varve {
namespace {

using std::chrono::milliseconds;

constexpr Epoch kEpoch{5};
constexpr std::uint64_t kLineage = 3;  // FrameSource's

class WriterRules : public ::testing::Test {
 protected:
  WriterRules() {
    for (unsigned i = 1; i <= 4; ++i) world_.add_machine(name_of(i));
    world_.add_machine("rm1");
    reign_.journal = {"rm", kTestNamespace, kLineage};
    reign_.epoch = kEpoch;
    reign_.writer = {5, 7};
    reign_.base = {TxId{10}, Epoch{4}, Digest{1, 2}};
    options_.replication.message_bytes = kSectorBytes;  // each frame in a message of its own
  }
  ~WriterRules() noexcept override {}

  static std::string name_of(unsigned node) { return "n" + std::to_string(node); }
  // Node number `node` is a member, and its log ends at the writer's base.
  void add_member(unsigned node, MemberRole role = MemberRole::kVoter, bool tail_certain = true) {
    wire::CopyState state;
    state.namespace_id = kTestNamespace;
    state.lineage = kLineage;
    state.disk = {node, 1};
    state.committed = reign_.base;
    state.branches = {reign_.base};
    state.tail_certain = tail_certain;
    nodes_[node] = std::make_unique<HandNode>(world_, world_.machine(name_of(node)), name_of(node) + ":8485", std::move(state));
    reign_.configuration.members.push_back({{node, 1}, nodes_[node]->address(), role});
  }
  void begin() {
    writer_ = kj::heap<QuorumWriter>(world_.machine("rm1").seams(), reign_, options_);
    tasks_.add(kj::Promise<Result<void>>(writer_->begin()).then([](Result<void>&&) {}));
    pass();
  }
  void pass(std::chrono::nanoseconds time = milliseconds(20)) { world_.run_for(time); }
  HandNode& node(unsigned number) { return *nodes_[number]; }
  // All that they get, until nothing more comes.
  void prove(const std::vector<unsigned>& nodes) {
    for (int round = 0; round < 10; ++round) {
      for (unsigned number : nodes) node(number).prove();
      pass();
    }
  }
  void append() {
    FrameBuilder builder(transaction_space(4));
    builder.add(as_bytes("work"));
    tasks_.add(writer_->append(kj::mv(builder), RunOn::kDiskThread).ignoreResult());
    pass();
  }
  void remove(unsigned number) {
    wire::ChangeRequest request;
    request.change = wire::RemoveMember{{number, 1}};
    tasks_.add(kj::Promise<Result<void>>(writer_->change(std::move(request))).then([](Result<void>&&) {}));
    pass();
  }
  std::size_t members() const { return writer_->configuration().members.size(); }

  SimWorld world_;
  Reign reign_;
  QuorumWriterOptions options_;
  std::array<std::unique_ptr<HandNode>, 5> nodes_;
  kj::Own<QuorumWriter> writer_;
  Tasks tasks_;  // destroyed first
};

class ThreeVoters : public WriterRules {
 protected:
  ThreeVoters() {
    for (unsigned i = 1; i <= 3; ++i) add_member(i);
  }
};

TEST_F(ThreeVoters, one_voter_of_three_commits_nothing) {
  begin();
  prove({1});
  EXPECT_EQ(writer_->committed(), reign_.base);
  prove({1, 2});
  EXPECT_EQ(writer_->committed(), writer_->end());
}

TEST_F(WriterRules, a_learner_commits_nothing) {
  for (unsigned i = 1; i <= 3; ++i) add_member(i);
  add_member(4, MemberRole::kLearner);
  begin();
  prove({1, 4});
  EXPECT_EQ(writer_->committed(), reign_.base);
}

// Figure 8 of Raft: the frame of epoch 4 is on a majority, and a later writer may still find a log of epoch 5 without it.
TEST_F(ThreeVoters, a_frame_of_an_older_epoch_is_not_committed_by_counting_its_copies) {
  FrameSource older(reign_.base);
  reign_.tail = {older.data({100})};
  begin();
  const TxId tail = older.end().txid;
  for (int round = 0; round < 10; ++round) {
    for (unsigned i = 1; i <= 3; ++i) node(i).prove(tail);
    pass();
  }
  EXPECT_EQ(writer_->members()[0].acknowledged, older.end());
  EXPECT_EQ(writer_->members()[1].acknowledged, older.end());
  EXPECT_EQ(writer_->committed(), reign_.base);
  prove({1, 2});
  EXPECT_EQ(writer_->committed(), writer_->end());
}

TEST_F(ThreeVoters, answers_of_another_reign_do_not_count) {
  begin();
  for (int round = 0; round < 10; ++round) {
    for (unsigned i = 1; i <= 3; ++i) node(i).prove(writer_->end().txid, Epoch{4});
    pass();
  }
  EXPECT_EQ(writer_->committed(), reign_.base);
}

TEST_F(ThreeVoters, an_answer_that_names_another_frame_than_was_sent_does_not_count) {
  begin();
  for (unsigned i = 1; i <= 3; ++i) node(i).say_stored(node(i).appends().front().number, writer_->end(), kEpoch);
  pass();
  EXPECT_EQ(writer_->committed(), reign_.base);
}

class OneUnknownTail : public WriterRules {
 protected:
  OneUnknownTail() {
    add_member(1, MemberRole::kVoter, false);
    add_member(2);
    add_member(3);
  }
};

TEST_F(OneUnknownTail, it_gets_only_what_is_committed) {
  begin();
  prove({1});
  for (const HandNode::Append& append : node(1).appends()) EXPECT_EQ(append.end, reign_.base);
  prove({2, 3});
  prove({1});
  EXPECT_EQ(node(1).appends().back().end, writer_->committed());
}

TEST_F(OneUnknownTail, it_is_settled_when_it_has_this_reigns_first_frame_and_not_before) {
  begin();
  prove({1});
  EXPECT_FALSE(node(1).settle());
  prove({2, 3});
  prove({1});
  EXPECT_TRUE(node(1).settle());
}

// Its answer to the order comes while an append is under way that it has not stored.
TEST_F(OneUnknownTail, the_answer_to_one_message_is_not_taken_for_that_to_another) {
  begin();
  prove({2, 3});
  prove({1});
  ASSERT_TRUE(node(1).settle());
  const LogPosition settled = writer_->committed();
  append();
  node(2).prove();
  pass();
  node(1).say_stored(*node(1).settle(), settled, kEpoch);
  pass();
  EXPECT_EQ(writer_->committed(), settled) << "node 1 has not stored it, and node 3 has said nothing";
}

// Two voters, one of which does not know its end, are a majority for no later candidate.
TEST_F(OneUnknownTail, a_voter_is_not_removed_when_an_unknown_tail_is_needed_for_the_majority_that_is_left) {
  begin();
  prove({2, 3});
  prove({1});
  ASSERT_TRUE(node(1).settle());
  remove(3);
  EXPECT_EQ(members(), 3u) << "it is ordered to settle, and has not said that it did";
  node(1).say_stored(*node(1).settle(), writer_->committed(), kEpoch);
  pass();
  remove(3);
  EXPECT_EQ(members(), 2u);
}

// The configuration of before may have been changed by another writer, whose record this one has not seen committed.
TEST_F(ThreeVoters, members_are_not_changed_before_a_frame_of_the_own_epoch_is_committed) {
  begin();
  for (unsigned i = 1; i <= 3; ++i) node(i).prove(reign_.base.txid);
  pass();
  ASSERT_EQ(writer_->members()[1].acknowledged, reign_.base) << "there is a majority that keeps up";
  remove(3);
  EXPECT_EQ(members(), 3u);
  prove({1, 2, 3});
  remove(3);
  EXPECT_EQ(members(), 2u);
}

// Of four, two and two could decide apart.
TEST_F(WriterRules, members_are_not_changed_before_the_last_change_is_committed) {
  for (unsigned i = 1; i <= 4; ++i) add_member(i);
  begin();
  prove({1, 2, 3, 4});
  remove(4);
  EXPECT_EQ(members(), 3u);
  remove(3);
  EXPECT_EQ(members(), 3u);
}

}  // namespace
}  // namespace varve
