// Promises: rules R1, R7, R9, R10 and R15 of docs/protocol.md.
#include "tests/simulation/rules/rule_cluster.h"

namespace varve {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class PromiseRules : public RuleCluster {};

// Else the writer of before, which reaches it again, goes on beside the new one.
TEST_F(PromiseRules, a_promise_survives_a_power_loss) {
  ASSERT_TRUE(writer(2, start_).promised_by(1));
  cluster_.lose_power_and_all_unsynced(1);
  EXPECT_EQ(log(1).promised(), Epoch{2});
  EXPECT_FALSE(writer(1, start_).promised_by(1));
}

TEST_F(PromiseRules, one_rotten_slot_takes_no_promise_back) {
  for (unsigned slot = 0; slot < 2; ++slot) {
    const unsigned node = slot + 1;
    ASSERT_TRUE(writer(2, start_).promised_by(node));
    rot_slot(node, slot);
    cluster_.start(node);
    EXPECT_EQ(log(node).promised(), Epoch{2}) << "slot " << slot;
  }
}

TEST_F(PromiseRules, an_epoch_is_granted_to_one_writer) {
  HandWriter one = writer(2, start_);
  ASSERT_TRUE(one.promised_by(1));
  EXPECT_FALSE(one.promised_by(1, Uuid{9, 9}));
  EXPECT_TRUE(one.promised_by(1)) << "it asks again";
}

// Its answer would be that of a candidate, and what it has appended since is in no choice.
TEST_F(PromiseRules, an_epoch_is_not_granted_again_once_it_appended) {
  HandWriter one = writer(2, start_);
  ASSERT_TRUE(one.promised_by(1));
  ASSERT_TRUE(one.stores(1, one.begin(configuration_)));
  EXPECT_FALSE(one.promised_by(1));
}

TEST_F(PromiseRules, nothing_of_an_older_epoch_is_taken) {
  HandWriter old = begun({1});
  const LogPosition end = old.end();
  ASSERT_TRUE(writer(2, end).promised_by(1));
  old.sends(1, {old.data("late")});
  EXPECT_EQ(old.to(1).refusal(), ErrorCode::kFenced);
  pass(seconds(1));
  EXPECT_EQ(end_of(1), end.txid);
}

// The new writer has read the answer to its promise, and would not hear of the frame that the old one counts.
TEST_F(PromiseRules, an_append_under_way_is_shown_by_the_promise_and_not_claimed_any_more) {
  HandWriter old = begun({1});
  const LogPosition before = old.end();
  cluster_.machine(1).disk().inject({.op = SimOp::kSync, .path_part = "edits_", .error = 0, .delay = milliseconds(100)});
  old.sends(1, {old.data("late")});
  pass(milliseconds(10));
  const auto shown = writer(2, before).promised_by(1);
  ASSERT_TRUE(shown);
  EXPECT_EQ(shown->end(), old.end());
  EXPECT_EQ(old.to(1).refusal(), ErrorCode::kFenced);
}

// A node that the new writer reaches without having asked it for its promise.
TEST_F(PromiseRules, an_append_raises_the_promise_durably) {
  HandWriter newer = writer(3, start_);
  ASSERT_TRUE(newer.stores(1, newer.begin(configuration_)));
  EXPECT_FALSE(writer(2, start_).promised_by(1));
  cluster_.lose_power_and_all_unsynced(1);
  EXPECT_EQ(log(1).promised(), Epoch{3});
}

// A candidate that reaches one node alone would end a reign which has a majority, again and again.
TEST_F(PromiseRules, a_candidate_that_reaches_no_majority_disturbs_nobody) {
  SimWriter reigning(cluster_, 1);
  ASSERT_TRUE(reigning.open());
  ASSERT_TRUE(reigning.reign());
  const Epoch epoch = cluster_.copy(3).fence();
  for (const char* node : {"n1", "n2"}) cluster_.world().network().cut("rm2", node);
  EXPECT_FALSE(win());
  EXPECT_EQ(cluster_.copy(3).fence(), epoch);
  EXPECT_TRUE(reigning.append_and_wait("goes on"));
}

TEST_F(PromiseRules, a_fence_ends_a_reign_at_once) {
  SimWriter old(cluster_, 1);
  ASSERT_TRUE(old.open());
  ASSERT_TRUE(old.reign());
  kj::Promise<ErrorCode> over = old.writer().when_over().then([](Error&& error) { return error.code(); });
  ASSERT_TRUE(win());
  kj::Promise<ErrorCode> late = cluster_.world().clock().after(seconds(2)).then([] { return ErrorCode::kBusy; });
  EXPECT_EQ(cluster_.world().wait(over.exclusiveJoin(kj::mv(late))), ErrorCode::kFenced);
}

}  // namespace
}  // namespace varve
