#include "varve/rm_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fake_engine.h"
#include "samples.h"

namespace varve {
namespace {

using namespace rm;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Key;
using testing::Pair;

// The behaviours that YARN's RMStateStoreTestBase asks of every store.
class RmStoreTest : public testing::Test {
 protected:
  RmStoreTest() { reopen(); }

  void reopen() {
    store.reset();
    auto opened = RmStore::open(Options{}, options, [this](Options, StateMachine& state) -> Result<std::unique_ptr<Engine>> {
      return std::make_unique<FakeEngine>(log, state);
    });
    ASSERT_TRUE(opened) << opened.error().text();
    store = std::move(*opened);
  }
  Snapshot load() { return store->load_state().value(); }
  Snapshot reload() {
    reopen();
    return load();
  }
  void must(RmStore::Saved saved) {
    const auto result = saved.get();
    ASSERT_TRUE(result) << result.error().text();
  }

  FakeLog log;
  RmOptions options;
  std::unique_ptr<RmStore> store;
};

TEST_F(RmStoreTest, loads_applications_and_attempts_as_they_were_stored) {
  must(store->store_application(sample_application(1)));
  must(store->store_attempt(sample_attempt(1, 1)));
  must(store->store_attempt(sample_attempt(1, 2)));
  must(store->store_application(sample_application(2)));
  must(store->remove_application(application_id(2)));
  must(store->remove_application(application_id(2)));
  Snapshot state = reload();
  EXPECT_THAT(state.applications, ElementsAre(Pair(application_id(1), sample_application(1))));
  EXPECT_THAT(state.attempts, ElementsAre(Pair(attempt_id(1, 1), sample_attempt(1, 1)), Pair(attempt_id(1, 2), sample_attempt(1, 2))));

  must(store->update_application(completed(sample_application(1), 50)));
  must(store->update_attempt(ended(sample_attempt(1, 2))));
  must(store->update_application(sample_application(7)));  // never stored
  must(store->update_attempt(sample_attempt(7, 1)));
  state = reload();
  EXPECT_EQ(state.applications.at(application_id(1)), completed(sample_application(1), 50));
  EXPECT_EQ(state.attempts.at(attempt_id(1, 2)), ended(sample_attempt(1, 2)));
  EXPECT_TRUE(state.applications.contains(application_id(7)));
  EXPECT_TRUE(state.attempts.contains(attempt_id(7, 1)));
}

TEST_F(RmStoreTest, keeps_delegation_tokens_keys_and_sequence_number) {
  must(store->store_token(sample_token(4)));
  must(store->store_master_key(sample_key(1)));
  Snapshot state = reload();
  EXPECT_THAT(state.tokens, ElementsAre(Pair(4u, sample_token(4))));
  EXPECT_THAT(state.master_keys, ElementsAre(Pair(1u, sample_key(1))));
  EXPECT_EQ(state.sequence_number, 4u);

  DelegationToken renewed = sample_token(4);
  renewed.renew_date += 100;
  must(store->update_token(renewed));
  EXPECT_EQ(reload().tokens.at(4).renew_date, renewed.renew_date);
  must(store->remove_master_key(1));
  EXPECT_THAT(reload().master_keys, IsEmpty());
  must(store->remove_token(4));
  state = reload();
  EXPECT_THAT(state.tokens, IsEmpty());
  EXPECT_EQ(state.sequence_number, 4u);
}

TEST_F(RmStoreTest, writes_the_version_when_there_is_none) {
  EXPECT_FALSE(load().version);
  ASSERT_TRUE(store->check_version());
  EXPECT_EQ(reload().version, (Version{1, 0}));
  const std::size_t transactions = log.transactions.size();
  ASSERT_TRUE(store->check_version());
  EXPECT_EQ(log.transactions.size(), transactions);  // nothing to write
}

TEST_F(RmStoreTest, overwrites_a_version_of_the_same_major_number) {
  must(store->store_version({1, 2}));
  ASSERT_TRUE(store->check_version());
  EXPECT_EQ(reload().version, (Version{1, 0}));
}

TEST_F(RmStoreTest, refuses_a_version_of_another_major_number) {
  must(store->store_version({3, 0}));
  const auto newer = store->check_version();
  ASSERT_FALSE(newer);
  EXPECT_EQ(newer.error().code(), ErrorCode::kNewerLayout);
  EXPECT_THAT(newer.error().text(), HasSubstr("stored is 3.0, this program writes 1.0"));
  must(store->store_version({0, 9}));
  EXPECT_EQ(store->check_version().error().code(), ErrorCode::kRefused);
  EXPECT_EQ(load().version, (Version{0, 9}));
}

TEST_F(RmStoreTest, gives_each_life_its_epoch_and_wraps_inside_the_range) {
  options.epoch_base = 10;
  options.epoch_range = 3;
  std::vector<std::uint64_t> epochs;
  for (int i = 0; i < 5; i++) {
    reopen();
    epochs.push_back(store->get_and_increment_epoch().value());
  }
  EXPECT_THAT(epochs, ElementsAre(10, 11, 12, 10, 11));
}

TEST_F(RmStoreTest, epochs_go_up_without_a_range) {
  for (std::uint64_t epoch = 0; epoch < 5; epoch++) EXPECT_EQ(store->get_and_increment_epoch().value(), epoch);
}

TEST_F(RmStoreTest, removes_applications_one_by_one) {
  for (std::uint32_t id = 0; id < 5; id++) must(store->store_application(sample_application(id)));
  for (std::uint32_t id = 0; id < 5; id++) {
    must(store->remove_application(application_id(id)));
    EXPECT_FALSE(reload().applications.contains(application_id(id)));
  }
  EXPECT_THAT(load().applications, IsEmpty());
}

TEST_F(RmStoreTest, removes_one_application_and_leaves_the_other) {
  must(store->submit(
      {StoreApplication{sample_application(1)}, StoreApplication{sample_application(2)}, StoreAttempt{sample_attempt(1, 1)}}));
  must(store->remove_application(application_id(1)));
  EXPECT_THAT(reload().applications, ElementsAre(Key(application_id(2))));
  EXPECT_THAT(load().attempts, IsEmpty());
}

TEST_F(RmStoreTest, deletes_the_store) {
  for (std::uint32_t id = 0; id < 5; id++) must(store->store_application(sample_application(id)));
  must(store->delete_store());
  EXPECT_EQ(reload(), Snapshot{});
}

TEST_F(RmStoreTest, removes_an_attempt) {
  must(store->submit({StoreApplication{sample_application(1)}, StoreAttempt{sample_attempt(1, 1)}, StoreAttempt{sample_attempt(1, 2)}}));
  must(store->remove_attempt(attempt_id(1, 1)));
  EXPECT_THAT(reload().attempts, ElementsAre(Key(attempt_id(1, 2))));
}

TEST_F(RmStoreTest, rolls_the_keys_of_am_tokens) {
  for (const AmrmTokens& tokens : {AmrmTokens{.current = sample_key(1)}, AmrmTokens{.current = sample_key(1), .next = sample_key(2)},
                                   AmrmTokens{.current = sample_key(2)}}) {
    must(store->store_amrm_tokens(tokens));
    EXPECT_EQ(reload().amrm_tokens, tokens);
  }
}

TEST_F(RmStoreTest, keeps_reservations_by_plan) {
  EXPECT_THAT(reload().reservations, IsEmpty());
  must(store->store_reservation(sample_reservation("plan", 1)));
  must(store->submit({RemoveReservation{{"plan", kCluster, 1}}, StoreReservation{sample_reservation("plan", 1)}}));
  must(store->store_reservation(sample_reservation("plan", 2)));
  EXPECT_EQ(reload().reservations.at("plan").size(), 2u);
  must(store->remove_reservation({"plan", kCluster, 1}));
  EXPECT_EQ(reload().reservations.at("plan").size(), 1u);
  must(store->remove_reservation({"plan", kCluster, 2}));
  EXPECT_THAT(reload().reservations, IsEmpty());
}

TEST_F(RmStoreTest, replaces_the_proxy_ca) {
  must(store->store_proxy_ca({data_of("cert"), data_of("key")}));
  const ProxyCa replaced{data_of("cert 2"), data_of("key 2")};
  must(store->store_proxy_ca(replaced));
  EXPECT_EQ(reload().proxy_ca, replaced);
}

TEST_F(RmStoreTest, drops_the_launch_context_of_final_applications) {
  Application application = sample_application(1);
  application.state = Application::State::kKilled;
  must(store->update_application(application));
  EXPECT_FALSE(reload().applications.at(application_id(1)).context.launch);
}

TEST_F(RmStoreTest, completes_only_after_durability) {
  log.holds = true;
  bool completed = false;
  store->store_application(sample_application(1), [&](Result<Committed> result) { completed = result.has_value(); });
  EXPECT_FALSE(completed);
  EXPECT_THAT(load().applications, IsEmpty());
  log.release();
  EXPECT_TRUE(completed);
}

TEST_F(RmStoreTest, drains_when_it_is_closed) {
  log.holds = true;
  auto saved = store->store_application(sample_application(1));
  ASSERT_TRUE(store->close());
  EXPECT_TRUE(saved.get());
  EXPECT_EQ(store->store_application(sample_application(2)).get().error().code(), ErrorCode::kClosed);
  EXPECT_EQ(reload().applications.size(), 1u);
}

TEST_F(RmStoreTest, keeps_no_more_completed_applications_than_its_limit) {
  options.completed_applications_max = 3;
  reopen();
  must(store->store_application(sample_application(100)));  // goes on running
  for (std::uint32_t id = 1; id <= 6; id++) {
    must(store->submit({StoreApplication{sample_application(id)}, StoreAttempt{sample_attempt(id, 1)}}));
    must(store->update_application(completed(sample_application(id), 1000 - id)));  // the last to be submitted finished first
    EXPECT_LE(store->counts().completed_applications, 3u);
  }
  EXPECT_THAT(reload().applications,
              ElementsAre(Key(application_id(1)), Key(application_id(2)), Key(application_id(3)), Key(application_id(100))));
  EXPECT_EQ(load().attempts.size(), 3u);
}

TEST_F(RmStoreTest, applies_a_lower_limit_when_it_is_opened) {
  for (std::uint32_t id = 1; id <= 6; id++) must(store->store_application(completed(sample_application(id), id)));
  options.completed_applications_max = 2;
  EXPECT_THAT(reload().applications, ElementsAre(Key(application_id(5)), Key(application_id(6))));
}

TEST_F(RmStoreTest, forgets_completed_applications_that_are_removed_or_run_again) {
  options.completed_applications_max = 2;
  reopen();
  for (std::uint32_t id = 1; id <= 2; id++) must(store->store_application(completed(sample_application(id), id)));
  must(store->remove_application(application_id(1)));
  must(store->store_application(completed(sample_application(3), 3)));
  must(store->update_application(sample_application(3)));
  must(store->store_application(completed(sample_application(4), 4)));
  EXPECT_THAT(load().applications, ElementsAre(Key(application_id(2)), Key(application_id(3)), Key(application_id(4))));
  must(store->delete_store());
  EXPECT_EQ(store->counts().completed_applications, 0u);
}

// One operation of each kind, made too large for a limit of 4 KiB wherever it can be.
Transaction large_operations() {
  const std::string text(5000, 'x');
  Application application = sample_application(1);
  application.diagnostics = text;
  Attempt attempt = sample_attempt(1, 1);
  attempt.diagnostics = text;
  DelegationToken token = sample_token(1);
  token.owner = text;
  MasterKey key = sample_key(1);
  key.key = data_of(text);
  Reservation reservation = sample_reservation(text, 1);
  return {StoreApplication{application},
          UpdateApplication{application},
          StoreAttempt{attempt},
          UpdateAttempt{attempt},
          StoreToken{token},
          UpdateToken{token},
          StoreMasterKey{key},
          StoreAmrmTokens{{.current = sample_key(1), .next = key}},
          StoreReservation{reservation},
          RemoveReservation{reservation.id},
          StoreProxyCa{{data_of(text), {}}}};
}

TEST_F(RmStoreTest, refuses_each_operation_that_is_too_large_and_only_that) {
  options.operation_bytes_max = 4096;
  reopen();
  for (const Operation& operation : large_operations()) {
    SCOPED_TRACE(std::string(name_of(operation)));
    const auto result = store->submit(operation).get();
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code(), ErrorCode::kTooLarge);
    EXPECT_THAT(result.error().text(), HasSubstr(std::string(name_of(operation))));
    EXPECT_TRUE(log.transactions.empty());
  }
  must(store->store_application(sample_application(1)));
}

TEST_F(RmStoreTest, the_size_limit_is_for_one_operation_not_for_the_transaction) {
  options.operation_bytes_max = 4096;
  reopen();
  Transaction many;
  for (std::uint32_t id = 0; id < 100; id++) many.emplace_back(StoreApplication{sample_application(id)});
  must(store->submit(many));
  EXPECT_EQ(reload().applications.size(), 100u);
}

// A store whose writer was fenced, or whose disk failed, must fail every operation there is, with the reason, and say so once.
class EndedRmStoreTest : public RmStoreTest, public testing::WithParamInterface<std::tuple<ErrorCode, std::size_t>> {};

TEST_P(EndedRmStoreTest, fails_every_operation) {
  const auto [code, index] = GetParam();
  int told = 0;
  options.ended = [&](const Error& error) { told += error.code() == code; };
  reopen();
  must(store->store_application(sample_application(1)));
  log.failure = Error(code, "the end");
  for (int i = 0; i < 2; i++) {
    const auto result = store->submit(one_of_each().at(index)).get();
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code(), code);
    EXPECT_EQ(result.error().text(), "the end");
  }
  log.failure.reset();  // an end is an end
  EXPECT_EQ(store->submit(one_of_each().at(index)).get().error().code(), code);
  EXPECT_EQ(told, 1);
  EXPECT_EQ(log.transactions.size(), 1u);
}

INSTANTIATE_TEST_SUITE_P(every_operation, EndedRmStoreTest,
                         testing::Combine(testing::Values(ErrorCode::kFenced, ErrorCode::kIo),
                                          testing::Range<std::size_t>(0, std::variant_size_v<Operation>)));

TEST_F(RmStoreTest, the_samples_have_each_operation_once) {
  const Transaction all = one_of_each();
  ASSERT_EQ(all.size(), std::variant_size_v<Operation>);
  for (std::size_t i = 0; i < all.size(); i++) EXPECT_EQ(all[i].index(), i);
}

TEST_F(RmStoreTest, a_full_disk_does_not_end_it) {
  log.failure = Error(ErrorCode::kNoSpace, "full");
  EXPECT_EQ(store->store_application(sample_application(1)).get().error().code(), ErrorCode::kNoSpace);
  log.failure.reset();
  must(store->store_application(sample_application(1)));
}

TEST_F(RmStoreTest, an_unknown_outcome_says_that_it_has_ended) {
  int told = 0;
  options.ended = [&](const Error&) { told++; };
  reopen();
  log.failure = Error(ErrorCode::kOutcomeUnknown, "cut off").with_ticket({TxId{5}, {}, {}});
  const auto result = store->store_application(sample_application(1)).get();
  EXPECT_EQ(result.error().ticket()->txid, TxId{5});
  EXPECT_EQ(told, 1);
}

TEST_F(RmStoreTest, passes_on_why_it_cannot_be_opened) {
  const auto opened = RmStore::open(Options{}, options, [](Options, StateMachine&) -> Result<std::unique_ptr<Engine>> {
    return fail(ErrorCode::kLocked, "another process");
  });
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), ErrorCode::kLocked);
}

TEST_F(RmStoreTest, names_ids_as_yarn_does) {
  EXPECT_EQ(rm::to_string(application_id(7)), "application_1700000000000_0007");
  EXPECT_EQ(rm::to_string(attempt_id(7, 1)), "appattempt_1700000000000_0007_000001");
}

}  // namespace
}  // namespace varve
