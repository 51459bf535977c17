// Sample values with something in every field.
#pragma once

#include <string>

#include "varve/rm_types.h"

namespace varve::rm {

inline constexpr std::uint64_t kCluster = 1'700'000'000'000;

inline Data data_of(std::string_view text) {
  const auto* begin = reinterpret_cast<const std::byte*>(text.data());
  return {begin, begin + text.size()};
}

inline ApplicationId application_id(std::uint32_t id) {
  return {kCluster, id};
}
inline AttemptId attempt_id(std::uint32_t id, std::uint32_t number) {
  return {application_id(id), number};
}

inline Application sample_application(std::uint32_t id) {
  Application application{.id = application_id(id), .submit_time = 11, .start_time = 12, .user = "alice", .diagnostics = "fine"};
  application.context = {.name = "job " + std::to_string(id),
                         .queue = "root.default",
                         .type = "MAPREDUCE",
                         .priority = -3,
                         .max_attempts = 2,
                         .resource = {.memory_mib = 2048, .vcores_milli = 1000, .others = {{"gpu", 2}}},
                         .node_labels = "ssd",
                         .tags = {"nightly", "etl"},
                         .unmanaged = true,
                         .keep_containers = true,
                         .cancel_tokens = true,
                         .attempt_failures_validity = 60000,
                         .reservation = ReservationId{"plan", kCluster, 4}};
  application.context.launch = LaunchContext{.commands = {"run", "--fast"},
                                             .environment = {{"HOME", "/home/alice"}},
                                             .files = {{"job.jar", "hdfs://x/job.jar", 1000, 99}},
                                             .acls = {{"VIEW", "*"}},
                                             .service_data = data_of("shuffle"),
                                             .tokens = data_of("launch tokens")};
  application.caller = CallerContext{"cli", data_of("signature")};
  application.timeouts = {{.expire_time = 5000}};
  return application;
}

inline Application completed(Application application, std::uint64_t finish_time, Application::State state = Application::State::kFinished) {
  application.state = state;
  application.finish_time = finish_time;
  application.context.launch.reset();
  return application;
}

inline Attempt sample_attempt(std::uint32_t id, std::uint32_t number) {
  Attempt attempt{.id = attempt_id(id, number), .start_time = 21, .tokens = data_of("am tokens")};
  attempt.master_container = Container{.id = 77,
                                       .host = "node-1",
                                       .port = 8041,
                                       .http_address = "node-1:8042",
                                       .resource = {.memory_mib = 512, .vcores_milli = 500},
                                       .priority = 1,
                                       .token = data_of("container token")};
  return attempt;
}

inline Attempt ended(Attempt attempt) {
  attempt.state = Attempt::State::kFinished;
  attempt.final_status = Attempt::FinalStatus::kSucceeded;
  attempt.am_exit_status = 100;
  attempt.finish_time = 22;
  attempt.tracking_url = "http://history/1";
  attempt.diagnostics = "done";
  attempt.memory_seconds = 1;
  attempt.vcore_seconds = 2;
  attempt.preempted_memory_seconds = 3;
  attempt.preempted_vcore_seconds = 4;
  attempt.resource_seconds = {{"gpu", 5}};
  attempt.preempted_resource_seconds = {{"gpu", 6}};
  attempt.containers_allocated = 7;
  return attempt;
}

inline DelegationToken sample_token(std::uint32_t sequence_number) {
  return {.sequence_number = sequence_number,
          .master_key_id = 3,
          .owner = "alice",
          .renewer = "yarn",
          .real_user = "oozie",
          .issue_date = 1,
          .max_date = 2,
          .renew_date = 3};
}

inline MasterKey sample_key(std::uint32_t id) {
  return {.id = id, .expiry_date = 100 + id, .key = data_of("key " + std::to_string(id))};
}

inline Reservation sample_reservation(const std::string& plan, std::uint64_t id) {
  return {.id = {plan, kCluster, id}, .allocation = data_of("allocation " + std::to_string(id))};
}

// One of each operation, in the order of the variant.
inline Transaction one_of_each() {
  return {StoreApplication{sample_application(1)},
          UpdateApplication{sample_application(2)},
          RemoveApplication{application_id(9)},
          StoreAttempt{sample_attempt(1, 1)},
          UpdateAttempt{ended(sample_attempt(1, 2))},
          RemoveAttempt{attempt_id(9, 1)},
          StoreToken{sample_token(5)},
          UpdateToken{sample_token(6)},
          RemoveToken{9},
          StoreMasterKey{sample_key(1)},
          RemoveMasterKey{9},
          StoreAmrmTokens{{.current = sample_key(2), .next = sample_key(3)}},
          StoreReservation{sample_reservation("plan", 1)},
          RemoveReservation{{"plan", kCluster, 9}},
          StoreProxyCa{{data_of("certificate"), data_of("private key")}},
          IncrementEpoch{},
          StoreVersion{{1, 0}},
          DeleteStore{}};
}

}  // namespace varve::rm
