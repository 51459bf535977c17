#include "tests/golden/golden_rm.h"

namespace varve::testing {

namespace {

constexpr std::uint64_t kCluster = 1'600'000'000'000;

rm::Data data_of(std::string_view text) {
  const auto* begin = reinterpret_cast<const std::byte*>(text.data());
  return {begin, begin + text.size()};
}

rm::Application application(std::uint32_t id, rm::Application::State state = rm::Application::State::kNone) {
  rm::Application application{.id = {kCluster, id}, .state = state, .submit_time = 1000 + id, .start_time = 2000 + id, .user = "ada"};
  application.context = {.name = "engine " + std::to_string(id),
                         .queue = "root.analytical",
                         .type = "CARDS",
                         .priority = -1,
                         .max_attempts = 2,
                         .resource = {.memory_mib = 4096, .vcores_milli = 1500, .others = {{"gpu", 1}}},
                         .tags = {"bernoulli", "no\u00ebl \"7\""}};
  if (state != rm::Application::State::kNone) application.finish_time = 3000 + id;
  return application;
}

rm::Attempt attempt(std::uint32_t application, std::uint32_t number) {
  rm::Attempt attempt{.id = {{kCluster, application}, number}, .start_time = 2500, .tokens = data_of("attempt tokens")};
  attempt.master_container = rm::Container{.id = 40 + application, .host = "mill", .port = 8041, .resource = {.memory_mib = 512}};
  return attempt;
}

rm::DelegationToken token(std::uint32_t sequence_number) {
  return {.sequence_number = sequence_number, .master_key_id = 1, .owner = "ada", .renewer = "yarn", .issue_date = 1, .max_date = 2};
}

rm::MasterKey key(std::uint32_t id) {
  return {.id = id, .expiry_date = 9000 + id, .key = data_of("key number " + std::to_string(id))};
}

}  // namespace

Options golden_options(const std::string& data) {
  Options options;
  options.journal = "file://" + data + "/journal";
  options.writer_name = "golden";
  options.segment_bytes_max = 64u << 10;
  options.segment_transactions_max = 14;
  options.segment_age_max = {};
  options.disk_reserve_bytes = 64u << 10;
  options.image_chunk_bytes = 4096;
  options.checkpoint_interval = {};
  return options;
}

std::vector<rm::Transaction> golden_transactions_before_image() {
  return {
      {rm::StoreVersion{{1, 0}}},
      {rm::IncrementEpoch{}},
      {rm::StoreProxyCa{{data_of("certificate"), data_of("private key")}}},
      {rm::StoreMasterKey{key(1)}, rm::StoreMasterKey{key(2)}, rm::StoreAmrmTokens{{.current = key(3), .next = key(4)}}},
      {rm::StoreToken{token(1)}},
      {rm::StoreToken{token(2)}},
      {rm::StoreApplication{application(1)}},
      {rm::StoreAttempt{attempt(1, 1)}},
      {rm::StoreApplication{application(2)}, rm::StoreAttempt{attempt(2, 1)}},
      {rm::StoreReservation{{{"plan", kCluster, 1}, data_of("allocation one")}}},
      {rm::StoreReservation{{{"plan", kCluster, 2}, data_of("allocation two")}}},
      {rm::UpdateApplication{application(1, rm::Application::State::kFailed)}},
  };
}

std::vector<rm::Transaction> golden_transactions_behind_image() {
  rm::Attempt ended = attempt(2, 1);
  ended.state = rm::Attempt::State::kFinished;
  ended.finish_time = 2900;
  ended.diagnostics = "done";
  return {
      {rm::UpdateAttempt{ended}},
      {rm::RemoveAttempt{{{kCluster, 1}, 1}}},
      {rm::RemoveApplication{{kCluster, 1}}},
      {rm::RemoveToken{1}, rm::UpdateToken{token(2)}},
      {rm::RemoveMasterKey{2}},
      {rm::RemoveReservation{{"plan", kCluster, 1}}},
      {rm::StoreApplication{application(3)}},
      {rm::IncrementEpoch{}},
  };
}

rm::Application another_application() {
  return application(4);
}

}  // namespace varve::testing
