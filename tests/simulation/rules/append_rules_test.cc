// What a node stores, answers, serves and takes back: rules R2 to R4, R13, R16, R17, R19 to R22, R24, R25 and R30 of docs/protocol.md.
#include "tests/simulation/rules/rule_cluster.h"

namespace varve {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class AppendRules : public RuleCluster {};

TEST_F(AppendRules, what_is_answered_survives_a_power_loss) {
  HandWriter one = begun({1});
  ASSERT_TRUE(one.stores(1, {one.data("acknowledged")}));
  cluster_.lose_power_and_all_unsynced(1);
  EXPECT_EQ(end_of(1), one.end().txid);
}

// What a killed process had written and not synced is in the page cache. Who chooses a log by it must find it again.
TEST_F(AppendRules, what_an_open_shows_survives_a_power_loss) {
  HandWriter one = begun({1});
  cluster_.machine(1).disk().inject({.op = SimOp::kSync, .path_part = "edits_", .error = 0, .delay = seconds(100)});
  one.sends(1, {one.data("written")});
  pass(milliseconds(10));
  one.leave(1);
  cluster_.kill(1);
  cluster_.machine(1).disk().clear_faults();
  cluster_.start(1);
  ASSERT_EQ(end_of(1), one.end().txid);
  cluster_.lose_power_and_all_unsynced(1);
  EXPECT_EQ(end_of(1), one.end().txid);
}

// After a failed sync the system may have thrown the written bytes away, and say of the next one that all is well.
TEST_F(AppendRules, a_sync_that_failed_is_not_believed_the_next_time) {
  HandWriter one = begun({1});
  cluster_.machine(1).disk().inject({.op = SimOp::kSync, .path_part = "edits_", .error = EIO});
  one.sends(1, {one.data("in doubt")});
  EXPECT_EQ(one.to(1).refusal(), ErrorCode::kIo);
}

// A log with a dead end of an older epoch: the writer would count the dead frames for its own.
TEST_F(AppendRules, an_answer_names_what_its_append_proved_and_not_the_nodes_end) {
  HandWriter dead = begun({1});
  const LogPosition common = dead.end();
  ASSERT_TRUE(dead.stores(1, {dead.data("dead"), dead.data("end")}));
  HandWriter next = writer(2, common);
  EXPECT_TRUE(next.proves(1, common));
}

TEST_F(AppendRules, committed_rises_no_further_than_its_append_proved) {
  HandWriter dead = begun({1});
  const LogPosition common = dead.end();
  ASSERT_TRUE(dead.stores(1, {dead.data("dead"), dead.data("end")}));
  HandWriter next = writer(2, common);
  ASSERT_TRUE(next.proves(1, common, TxId{common.txid.value + 2}));
  EXPECT_EQ(log(1).committed().txid, common.txid);
}

// Figure 8 of Raft: the frames below an EpochStart may still be taken back.
TEST_F(AppendRules, an_epoch_start_that_is_stored_commits_nothing) {
  HandWriter one = writer(1, start_);
  ASSERT_TRUE(one.stores(1, one.begin(configuration_)));
  HandWriter two = writer(2, one.end());
  ASSERT_TRUE(two.stores(1, {two.start_epoch()}));
  EXPECT_EQ(log(1).committed().txid, start_.txid);
}

TEST_F(AppendRules, a_position_is_its_digest) {
  HandWriter one = begun({1, 2});
  const LogPosition common = one.end();
  ASSERT_TRUE(one.stores(1, {one.data("mine")}));
  HandWriter two = writer(2, common);
  (void)two.data("other");
  two.to(1).append(two.end(), {}, two.end().txid);
  EXPECT_TRUE(two.to(1).is_mismatch());
  EXPECT_EQ(log(1).committed(), common);
  two.sends(1, {two.data("behind it")});
  EXPECT_TRUE(two.to(1).is_mismatch());
}

TEST_F(AppendRules, epochs_do_not_fall_along_the_log) {
  HandWriter three = writer(3, start_);
  ASSERT_TRUE(three.stores(1, three.begin(configuration_)));
  FrameSource older({three.end().txid, Epoch{2}, three.end().digest});
  three.sends(1, {older.data({10})});
  EXPECT_EQ(three.to(1).refusal(), ErrorCode::kDamaged);
  EXPECT_EQ(end_of(1), three.end().txid);
}

// --- Cuts ---

TEST_F(AppendRules, what_is_committed_is_not_replaced) {
  HandWriter one = begun({1});
  const LogPosition common = one.end();
  ASSERT_TRUE(one.stores(1, {one.data("committed")}));
  ASSERT_TRUE(one.proves(1, one.end(), one.end().txid));
  HandWriter wrong = writer(2, common);
  wrong.sends(1, {wrong.data("instead")});
  EXPECT_EQ(wrong.to(1).refusal(), ErrorCode::kDamaged);
  EXPECT_EQ(log(1).end(), one.end());
}

// Behind the common frames, not behind the append's position: what lies between is acknowledged, and would be gone for a while.
TEST_F(AppendRules, a_cut_begins_where_the_logs_part) {
  HandWriter one = begun({1});
  const LogPosition below = one.end();
  const FramePtr kept = one.data("committed");
  ASSERT_TRUE(one.stores(1, {kept}));
  ASSERT_TRUE(one.proves(1, one.end(), one.end().txid));
  const LogPosition common = one.end();
  ASSERT_TRUE(one.stores(1, {one.data("dead")}));
  HandWriter two = writer(2, common);
  const FramePtr next = two.data("next");
  two.to(1).append(below, {kept, next});
  EXPECT_TRUE(two.to(1).is_stored(two.end()));
  EXPECT_EQ(cluster_.copy(1).counts().frames_cut, 1u);
}

class CutRules : public ::testing::Test {
 protected:
  // Power is lost before this operation of a cut through three segments; of what was not synced the unit number `odd` has another fate than
  // the rest. Then the writer tries again. False: the cut was done before.
  bool interrupt(std::uint64_t operation, std::size_t odd, bool odd_is_kept) {
    SimCluster cluster(1, 1);
    cluster.start(1);
    cluster.format(1, {.namespace_id = kTestNamespace, .lineage = kTestLineage});
    HandWriter dead(cluster, 1, cluster.copy(1).log()->start().position);
    EXPECT_TRUE(dead.stores(1, dead.begin({})));
    const LogPosition common = dead.end();
    EXPECT_TRUE(dead.stores(1, {dead.data("dead")}));
    for (int segment = 0; segment < 2; ++segment) EXPECT_TRUE(dead.stores(1, dead.begin({})));
    HandWriter next(cluster, 2, common);
    EXPECT_TRUE(next.promised_by(1));
    SimDisk& disk = cluster.machine(1).disk();
    disk.crash_before(disk.operations() + 1 + operation);
    const std::vector<FramePtr> frames{next.data("instead"), next.data("and more")};
    next.sends(1, frames);
    cluster.world().run_for(milliseconds(100));
    const bool interrupted = cluster.machine(1).is_off();
    disk.crash_before(~std::uint64_t{0});
    dead.leave(1);
    next.leave(1);
    if (!interrupted) return false;
    units_ =
        cluster.lose_power_and(1, [&](std::size_t unit) { return (unit == odd) == odd_is_kept ? UnitFate::kept() : UnitFate::lost(); });
    EXPECT_TRUE(next.stores(1, frames));
    next.leave(1);
    cluster.lose_power_and_all_unsynced(1);
    EXPECT_EQ(cluster.copy(1).log()->end(), next.end());
    return true;
  }

  std::size_t units_ = 0;  // that the last one left unsynced
};

// Else files come back of which others are gone: a hole in frames that nobody else has.
TEST_F(CutRules, a_cut_that_a_power_loss_interrupted_is_finished) {
  bool interrupted = true;
  for (std::uint64_t operation = 0; interrupted && !HasFailure(); ++operation)
    for (const bool kept : {false, true})
      for (std::size_t odd = 0; odd == 0 || odd <= units_; ++odd) {
        SCOPED_TRACE(::testing::Message() << "operation " << operation << ", unit " << odd << (kept ? " kept" : " lost"));
        interrupted = interrupt(operation, odd, kept);
        if (!interrupted) return;
      }
}

TEST_F(AppendRules, a_cut_that_is_done_is_not_done_again) {
  HandWriter dead = begun({1});
  const LogPosition common = dead.end();
  ASSERT_TRUE(dead.stores(1, {dead.data("dead")}));
  HandWriter next = writer(2, common);
  ASSERT_TRUE(next.stores(1, {next.data("instead"), next.data("and more")}));
  cluster_.lose_power_and_all_unsynced(1);
  EXPECT_EQ(log(1).end(), next.end());
}

// Else this node answers candidates with members that never were.
TEST_F(AppendRules, a_configuration_that_is_cut_never_was) {
  HandWriter dead = begun({1});
  const LogPosition common = dead.end();
  Configuration two_members = configuration_;
  two_members.members.pop_back();
  ASSERT_TRUE(dead.stores(1, {dead.change(two_members)}));
  ASSERT_NE(log(1).configuration().txid, TxId{0});
  HandWriter next = writer(2, common);
  ASSERT_TRUE(next.stores(1, {next.data("instead")}));
  EXPECT_EQ(log(1).configuration().txid, TxId{0});
}

// --- Readers ---

TEST_F(AppendRules, readers_see_what_is_committed_and_no_more) {
  HandWriter one = begun({1, 2, 3});
  const FramePtr committed = one.data("committed");
  const FramePtr not_yet = one.data("not yet");
  for (unsigned node = 1; node <= 3; ++node) ASSERT_TRUE(one.stores(node, {committed, not_yet}, committed->header().last()));
  SimWriter reader(cluster_, 2);
  ASSERT_TRUE(reader.open());
  EXPECT_EQ(reader.read_all(), std::vector<std::string>{"committed"});
}

// --- Pulls and restarts ---

TEST_F(AppendRules, a_pull_ends_with_the_epoch_that_ordered_it) {
  HandWriter one = begun({1});
  const LogPosition end = one.end();
  cluster_.world().network().block("n1", "n2");
  one.to(2).send(wire::PullOrder{SimCluster::address_of(1), end});
  pass(milliseconds(10));
  ASSERT_TRUE(writer(2, start_).promised_by(2));
  cluster_.world().network().heal_all(SimHeal::kDeliver);
  EXPECT_EQ(one.to(2).refusal(), ErrorCode::kFenced);
  EXPECT_EQ(end_of(2), start_.txid) << "the promise showed a log without these frames";
}

TEST_F(AppendRules, a_copy_does_not_begin_anew_where_it_holds_what_is_asked_for) {
  HandWriter one = begun({1});
  const LogPosition known = one.end();
  const std::string configuration = log(1).start().configuration;
  const FramePtr held = one.data("acknowledged");
  ASSERT_TRUE(one.stores(1, {held, one.data("and more")}));
  one.to(1).send(wire::RestartOrder{{known, configuration}});
  EXPECT_EQ(one.to(1).refusal(), ErrorCode::kRefused) << "it is committed";
  one.to(1).send(wire::RestartOrder{{held->header().position(), configuration}});
  EXPECT_TRUE(one.to(1).answer());
  EXPECT_EQ(end_of(1), one.end().txid);
  EXPECT_EQ(cluster_.copy(1).counts().restarts, 0u);
}

// A purged log and an older dead one that is longer by a frame.
TEST_F(AppendRules, the_start_of_a_log_has_its_epoch) {
  HandWriter nine = writer(9, start_);
  const LogPosition at{TxId{100}, Epoch{8}, Digest{1, 1}};
  nine.to(1).send(wire::RestartOrder{{at, log(1).start().configuration}});
  ASSERT_TRUE(nine.to(1).is_stored(at));
  EXPECT_EQ(log(1).end(), at);
  cluster_.lose_power_and_all_unsynced(1);
  EXPECT_EQ(log(1).end(), at);
}

}  // namespace
}  // namespace varve
