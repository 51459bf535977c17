#include "rm/rm_state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "memory_image.h"
#include "rm/encoder.h"
#include "rm/segment_reader.h"
#include "rm/snapshot.h"
#include "samples.h"

namespace varve {
namespace {

using namespace rm;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

class RmStateTest : public testing::Test {
 protected:
  Reply apply(Transaction transaction) {
    const EncodedTransaction encoded(transaction);
    const Reply reply = state.apply(TxId{++last_txid}, encoded.bytes());
    state.check_invariants();
    return reply;
  }
  Reply apply(Operation operation) { return apply(Transaction{std::move(operation)}); }
  Reply apply_words(std::vector<std::uint64_t> words) { return state.apply(TxId{++last_txid}, std::as_bytes(std::span(words))); }

  Snapshot snapshot() {
    auto result = snapshot_of(*state.view());
    EXPECT_TRUE(result) << result.error().text();
    return *result;
  }

  RmState state;
  std::uint64_t last_txid = 0;
};

TEST_F(RmStateTest, keeps_every_field_of_an_application) {
  apply(StoreApplication{sample_application(1)});
  EXPECT_THAT(snapshot().applications, ElementsAre(Pair(application_id(1), sample_application(1))));
}

TEST_F(RmStateTest, keeps_every_field_of_an_attempt) {
  apply(StoreAttempt{ended(sample_attempt(1, 1))});
  EXPECT_THAT(snapshot().attempts, ElementsAre(Pair(attempt_id(1, 1), ended(sample_attempt(1, 1)))));
}

TEST_F(RmStateTest, an_attempt_has_the_exit_status_of_none_until_it_ends) {
  apply(StoreAttempt{Attempt{.id = attempt_id(1, 1)}});
  EXPECT_EQ(snapshot().attempts.at(attempt_id(1, 1)).am_exit_status, -1000);
}

TEST_F(RmStateTest, updates_what_was_never_stored) {
  apply(UpdateApplication{sample_application(1)});
  apply(UpdateAttempt{sample_attempt(2, 1)});
  apply(UpdateToken{sample_token(3)});
  const Snapshot now = snapshot();
  EXPECT_EQ(now.applications.size(), 1u);
  EXPECT_EQ(now.attempts.size(), 1u);
  EXPECT_EQ(now.tokens.size(), 1u);
  EXPECT_EQ(now.sequence_number, 0u);  // only a store raises it
}

TEST_F(RmStateTest, removes_an_application_with_its_attempts_and_only_those) {
  for (std::uint32_t id = 1; id <= 3; id++) {
    apply(StoreApplication{sample_application(id)});
    for (std::uint32_t number = 1; number <= 40; number++) apply(StoreAttempt{sample_attempt(id, number)});
  }
  apply(RemoveApplication{application_id(2)});
  const Snapshot now = snapshot();
  EXPECT_EQ(now.applications.size(), 2u);
  EXPECT_EQ(now.attempts.size(), 80u);
  EXPECT_FALSE(now.applications.contains(application_id(2)));
  EXPECT_FALSE(now.attempts.contains(attempt_id(2, 1)));
}

TEST_F(RmStateTest, removing_twice_changes_nothing) {
  apply(one_of_each());
  for (int i = 0; i < 2; i++) {
    for (Operation removal : Transaction{RemoveApplication{application_id(1)}, RemoveAttempt{attempt_id(1, 1)}, RemoveToken{5},
                                         RemoveMasterKey{1}, RemoveReservation{{"plan", kCluster, 1}}})
      EXPECT_FALSE(RmState::refused(apply(removal)));
  }
  EXPECT_TRUE(snapshot().applications.empty());
}

TEST_F(RmStateTest, removes_an_attempt) {
  apply({StoreApplication{sample_application(1)}, StoreAttempt{sample_attempt(1, 1)}, StoreAttempt{sample_attempt(1, 2)}});
  apply(RemoveAttempt{attempt_id(1, 1)});
  EXPECT_THAT(snapshot().attempts, ElementsAre(Pair(attempt_id(1, 2), sample_attempt(1, 2))));
}

TEST_F(RmStateTest, keeps_tokens_keys_and_the_highest_sequence_number) {
  apply({StoreToken{sample_token(7)}, StoreToken{sample_token(5)}, StoreMasterKey{sample_key(1)}, StoreMasterKey{sample_key(2)}});
  DelegationToken renewed = sample_token(7);
  renewed.renew_date = 99;
  apply({UpdateToken{renewed}, RemoveToken{5}, RemoveMasterKey{1}});
  const Snapshot now = snapshot();
  EXPECT_THAT(now.tokens, ElementsAre(Pair(7u, renewed)));
  EXPECT_THAT(now.master_keys, ElementsAre(Pair(2u, sample_key(2))));
  apply(RemoveToken{7});
  EXPECT_EQ(snapshot().sequence_number, 7u);
}

TEST_F(RmStateTest, rolls_the_keys_of_am_tokens) {
  EXPECT_FALSE(snapshot().amrm_tokens);
  const AmrmTokens stored{.current = sample_key(1)};
  const AmrmTokens rolling{.current = sample_key(1), .next = sample_key(2)};
  const AmrmTokens rolled{.current = sample_key(2)};
  for (const AmrmTokens& tokens : {stored, rolling, rolled}) {
    apply(StoreAmrmTokens{tokens});
    EXPECT_EQ(snapshot().amrm_tokens, tokens);
  }
}

TEST_F(RmStateTest, a_plan_goes_with_its_last_reservation) {
  apply(StoreReservation{sample_reservation("plan", 1)});
  apply({RemoveReservation{{"plan", kCluster, 1}}, StoreReservation{sample_reservation("plan", 1)}});  // YARN's update
  apply(StoreReservation{sample_reservation("plan", 2)});
  apply(StoreReservation{sample_reservation("other", 2)});
  EXPECT_EQ(snapshot().reservations.at("plan").size(), 2u);
  apply({RemoveReservation{{"plan", kCluster, 1}}, RemoveReservation{{"plan", kCluster, 2}}});
  EXPECT_FALSE(snapshot().reservations.contains("plan"));
  EXPECT_TRUE(snapshot().reservations.contains("other"));
}

TEST_F(RmStateTest, replaces_the_proxy_ca) {
  apply(StoreProxyCa{{data_of("old"), data_of("old key")}});
  const ProxyCa ca{data_of("new"), data_of("new key")};
  apply(StoreProxyCa{ca});
  EXPECT_EQ(snapshot().proxy_ca, ca);
}

TEST_F(RmStateTest, gives_the_epoch_and_increments_it) {
  for (std::uint64_t epoch = 5; epoch < 10; epoch++) EXPECT_EQ(apply(IncrementEpoch{.base = 5}).code, epoch);
  EXPECT_EQ(snapshot().epoch, 10u);
}

TEST_F(RmStateTest, epochs_wrap_inside_their_range) {
  std::vector<std::uint64_t> epochs;
  for (int i = 0; i < 7; i++) epochs.push_back(apply(IncrementEpoch{.base = 10, .range = 3}).code);
  EXPECT_THAT(epochs, ElementsAre(10, 11, 12, 10, 11, 12, 10));
}

TEST_F(RmStateTest, an_epoch_outside_a_new_range_comes_back_into_it) {
  apply(IncrementEpoch{});
  EXPECT_EQ(apply(IncrementEpoch{.base = 10, .range = 3}).code, 1u);
  EXPECT_EQ(apply(IncrementEpoch{.base = 10, .range = 3}).code, 10u);
}

TEST_F(RmStateTest, deletes_the_store) {
  Transaction all = one_of_each();
  apply(all);
  EXPECT_EQ(snapshot(), Snapshot{});
}

TEST_F(RmStateTest, a_view_outlives_the_deletion_of_the_store) {
  apply(StoreApplication{sample_application(1)});
  const auto view = state.view();
  apply({DeleteStore{}, StoreApplication{sample_application(2)}});
  const auto second = state.view();
  apply(StoreApplication{completed(sample_application(2), 5)});
  EXPECT_THAT(snapshot_of(*view)->applications, ElementsAre(Pair(application_id(1), sample_application(1))));
  EXPECT_THAT(snapshot_of(*second)->applications, ElementsAre(Pair(application_id(2), sample_application(2))));
}

TEST_F(RmStateTest, an_application_in_a_final_state_has_no_launch_context) {
  Application final_application = sample_application(1);
  for (const auto state_of : {Application::State::kFinished, Application::State::kFailed, Application::State::kKilled}) {
    final_application.state = state_of;
    apply(UpdateApplication{final_application});
    EXPECT_FALSE(snapshot().applications.at(application_id(1)).context.launch);
  }
  final_application.state = Application::State::kRunning;
  apply(UpdateApplication{final_application});
  EXPECT_TRUE(snapshot().applications.at(application_id(1)).context.launch);
}

TEST_F(RmStateTest, takes_records_larger_than_its_scratch) {
  Application large = sample_application(1);
  large.diagnostics = std::string(300'000, 'x');
  apply(StoreApplication{large});
  EXPECT_EQ(snapshot().applications.at(large.id), large);
}

TEST_F(RmStateTest, takes_a_transaction_without_operations) {
  EXPECT_FALSE(RmState::refused(apply(Transaction{})));
}

TEST_F(RmStateTest, refuses_what_is_no_transaction) {
  apply(StoreApplication{sample_application(1)});
  const Snapshot before = snapshot();
  for (const auto& words : std::vector<std::vector<std::uint64_t>>{{}, {0xffffffffffffffff}, {0x0000000300000000, 1, 2}}) {
    const Reply reply = apply_words(words);
    EXPECT_TRUE(RmState::refused(reply));
    EXPECT_THAT(reply.data, HasSubstr("transaction"));
  }
  const std::byte byte{};
  EXPECT_TRUE(RmState::refused(state.apply(TxId{1}, {&byte, 1})));
  EXPECT_EQ(snapshot(), before);
  EXPECT_EQ(state.statistics().refused, 4u);
}

TEST_F(RmStateTest, refuses_an_operation_without_a_body_and_all_that_came_with_it) {
  capnp::MallocMessageBuilder message;
  auto list = message.initRoot<schema::rm::Transaction>().initOperations(2);
  list[0].initStoreApplication().setId(1);
  list[1].initStoreAttempt();
  list[1].disownStoreAttempt();
  const auto segment = message.getSegmentsForOutput()[0];
  const Reply reply = state.apply(TxId{1}, std::as_bytes(std::span(segment.begin(), segment.size())));
  EXPECT_TRUE(RmState::refused(reply));
  EXPECT_THAT(reply.data, HasSubstr("operation 2 of 2"));
  EXPECT_TRUE(snapshot().applications.empty());
}

TEST_F(RmStateTest, refuses_operations_of_an_unknown_kind) {
  capnp::MallocMessageBuilder message;
  auto list = message.initRoot<schema::rm::Transaction>().initOperations(1);
  list[0].setDeleteStore();
  for (kj::byte& byte : capnp::toAny(list[0]).getDataSection())
    if (byte == std::variant_size_v<Operation> - 1) byte++;
  ASSERT_EQ(static_cast<unsigned>(list[0].which()), std::variant_size_v<Operation>);
  apply(StoreApplication{sample_application(1)});
  const auto segment = message.getSegmentsForOutput()[0];
  EXPECT_TRUE(RmState::refused(state.apply(TxId{2}, std::as_bytes(std::span(segment.begin(), segment.size())))));
  EXPECT_EQ(snapshot().applications.size(), 1u);
}

// A transaction with any byte flipped, or cut anywhere, is taken or refused; nothing else happens, and a refused one changes nothing.
TEST_F(RmStateTest, survives_every_flipped_byte_and_every_cut) {
  Transaction transaction = one_of_each();
  transaction.pop_back();
  const EncodedTransaction encoded(transaction);
  std::vector<std::uint64_t> words(encoded.bytes().size() / 8);
  std::memcpy(words.data(), encoded.bytes().data(), encoded.bytes().size());
  const auto bytes = std::as_writable_bytes(std::span(words));
  const auto try_one = [&](Bytes changed) {
    RmState fresh;
    const Reply reply = fresh.apply(TxId{1}, changed);
    if (RmState::refused(reply)) {
      EXPECT_EQ(snapshot_of(*fresh.view()).value(), Snapshot{});
    }
    (void)snapshot_of(*fresh.view());  // a text may be damaged: an error, not a crash
    fresh.check_invariants();
  };
  for (std::size_t i = 0; i < bytes.size(); i++) {
    for (const std::byte flip : {std::byte{0x01}, std::byte{0x80}, std::byte{0xff}}) {
      bytes[i] ^= flip;
      try_one(bytes);
      bytes[i] ^= flip;
    }
  }
  for (std::size_t length = 0; length < bytes.size(); length++) try_one(Bytes(bytes).first(length));
}

// Lists that point to one another's bytes must not make a small transaction a large one.
TEST_F(RmStateTest, refuses_amplified_lists) {
  // root -> Transaction with one pointer -> list of 2^20 structs of no size
  EXPECT_TRUE(RmState::refused(apply_words({0x0001000000000000, (std::uint64_t{1} << 35 | 7) << 0 | 1, std::uint64_t{1} << 22})));
}

}  // namespace
}  // namespace varve
