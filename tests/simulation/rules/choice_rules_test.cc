// Whose answers count in choosing a log, and how an unknown tail becomes certain: rules R5, R6, R11, R26 and R27 of docs/protocol.md.
#include "tests/simulation/rules/rule_cluster.h"

namespace varve {
namespace {

using std::chrono::seconds;

// Of three nodes 1 and 2 have acknowledged a frame that 3 does not have: it is committed.
class ChoiceRules : public RuleCluster {
 protected:
  void SetUp() override {
    RuleCluster::SetUp();
    first_ = std::make_unique<HandWriter>(begun({1, 2, 3}));
    before_ = first_->end();
    committed_ = first_->data("committed");
    for (unsigned node : {1u, 2u}) ASSERT_TRUE(first_->stores(node, {committed_}));
  }
  void leave_all() {
    for (unsigned node = 1; node <= 3; ++node) first_->leave(node);
  }
  TxId end_of_reign(const Reign& reign) { return reign.tail.empty() ? reign.base.txid : reign.tail.back()->header().last(); }
  // Node 1 knows that there were frames, and that it does not know which.
  void lose_the_end_of_node_1() {
    leave_all();
    rot_the_end(1);
    cluster_.start(1);
    ASSERT_LT(end_of(1), committed_->header().last());
    ASSERT_FALSE(log(1).tail_certain());
  }

  std::unique_ptr<HandWriter> first_;
  LogPosition before_;
  FramePtr committed_;
};

TEST_F(ChoiceRules, a_voter_that_lost_its_end_does_not_choose) {
  lose_the_end_of_node_1();
  cluster_.kill(2);
  EXPECT_FALSE(win()) << "without node 2 nobody knows the committed frame";
  cluster_.start(2);
  auto reign = win();
  ASSERT_TRUE(reign) << reign.error().text();
  EXPECT_EQ(end_of_reign(*reign), committed_->header().last());
}

TEST_F(ChoiceRules, an_empty_disk_at_a_voters_address_does_not_choose) {
  const wire::CopyState like = cluster_.copy(3).state();
  leave_all();
  wipe(1);
  cluster_.start(1);
  ASSERT_TRUE(cluster_.world().wait(format_learner(cluster_.client(), SimCluster::address_of(1), SimCluster::kJournal, like, seconds(5))));
  cluster_.kill(2);
  EXPECT_FALSE(win());
  cluster_.start(2);
  auto reign = win();
  ASSERT_TRUE(reign) << reign.error().text();
  EXPECT_EQ(end_of_reign(*reign), committed_->header().last());
}

// A longer log of an older epoch never had a majority.
TEST_F(ChoiceRules, the_higher_epoch_wins_against_the_longer_log) {
  const LogPosition end = first_->end();
  HandWriter dead = writer(2, end);
  ASSERT_TRUE(dead.stores(1, {dead.start_epoch(), dead.data("dead"), dead.data("and long")}));
  HandWriter third = writer(3, end);
  ASSERT_TRUE(third.stores(2, {third.start_epoch()}));
  cluster_.kill(3);
  auto reign = win();
  ASSERT_TRUE(reign) << reign.error().text();
  EXPECT_EQ(end_of_reign(*reign), third.end().txid);
}

// As when old copies of disks were put back: the operator must hear of it, and not of a majority that does not come.
TEST_F(ChoiceRules, a_log_that_ends_below_what_is_committed_is_not_continued_and_it_is_said) {
  ASSERT_TRUE(first_->stores(1, {first_->data("committed too")}));
  ASSERT_TRUE(first_->proves(1, first_->end(), first_->end().txid));
  HandWriter wrong = writer(2, before_);
  ASSERT_TRUE(wrong.stores(2, {wrong.start_epoch()}));
  cluster_.kill(3);
  const auto reign = win();
  ASSERT_FALSE(reign);
  EXPECT_EQ(reign.error().code(), ErrorCode::kDamaged) << reign.error().text();
}

TEST_F(ChoiceRules, an_unknown_tail_takes_only_what_is_committed) {
  lose_the_end_of_node_1();
  const FramePtr next = first_->data("not committed");
  first_->sends(1, {committed_, next}, committed_->header().last());
  EXPECT_TRUE(first_->to(1).is_stored(committed_->header().position()));
  EXPECT_EQ(end_of(1), committed_->header().last());
}

TEST_F(ChoiceRules, an_unknown_tail_is_not_settled_before_it_has_all_that_was_acknowledged) {
  lose_the_end_of_node_1();
  first_->to(1).send(wire::SettleOrder{committed_->header().last()});
  EXPECT_EQ(first_->to(1).refusal(), ErrorCode::kRefused);
  EXPECT_FALSE(log(1).tail_certain());
  ASSERT_TRUE(first_->stores(1, {committed_}, committed_->header().last()));
  first_->to(1).send(wire::SettleOrder{committed_->header().last()});
  EXPECT_TRUE(first_->to(1).is_stored(committed_->header().position()));
  EXPECT_TRUE(log(1).tail_certain());
}

// A record that only a dead log holds, of members 1, 2 and 4: with 1 and 4 alone, which know nothing of the committed frame, they would
// be a majority. Node 3 answers the first question and no promise.
TEST(ConfigurationRules, members_that_only_a_dead_log_names_are_no_majority) {
  SimCluster cluster(1, 4);
  cluster.start_all(4);
  cluster.format(3, {.namespace_id = kTestNamespace, .lineage = kTestLineage});
  const LogPosition start = cluster.copy(1).log()->start().position;
  const Configuration three = varve::take(decode_configuration(as_bytes(cluster.copy(1).log()->start().configuration)));
  const Uuid fourth = varve::take(cluster.world().wait(
      format_learner(cluster.client(), SimCluster::address_of(4), SimCluster::kJournal, cluster.copy(1).state(), seconds(5))));
  Configuration other = three;
  other.members[2] = Member{fourth, SimCluster::address_of(4), MemberRole::kVoter};

  HandWriter dead(cluster, 1, start);
  std::vector<FramePtr> frames = dead.begin(three);
  for (int i = 0; i < 5; ++i) frames.push_back(dead.data("dead"));
  frames.push_back(dead.change(other));
  ASSERT_TRUE(dead.stores(1, frames));
  HandWriter second(cluster, 2, start);
  frames = second.begin(three);
  ASSERT_TRUE(second.stores(4, frames));
  frames.push_back(second.data("committed"));
  for (unsigned node : {2u, 3u}) ASSERT_TRUE(second.stores(node, frames));

  cluster.kill(2);
  cluster.machine(3).disk().inject(
      {.op = SimOp::kSync, .path_part = "slots", .times = SimFault::kForever, .error = 0, .delay = seconds(100)});
  Candidate candidate;
  candidate.journal = {SimCluster::kJournal, kTestNamespace, kTestLineage};
  candidate.addresses = {SimCluster::address_of(1), SimCluster::address_of(3), SimCluster::address_of(4)};
  CandidacyOptions options;
  options.patience = seconds(4);
  options.node_patience = seconds(1);
  auto reign = cluster.world().wait(win_reign(cluster.client(2), candidate, options));
  EXPECT_GT(cluster.copy(1).fence(), Epoch{2}) << "it asked for promises";
  EXPECT_FALSE(reign) << "the committed frame is not in the log that it would continue";
}

}  // namespace
}  // namespace varve
