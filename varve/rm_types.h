// What a resource manager keeps in its store, as plain values, and the operations that change it. Times are milliseconds since 1970
// (UTC); 0 means not yet. A default value is what a field holds that was never set.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace varve::rm {

using Data = std::vector<std::byte>;

struct ApplicationId {
  std::uint64_t cluster_timestamp = 0;
  std::uint32_t id = 0;
  auto operator<=>(const ApplicationId&) const = default;
};

struct AttemptId {
  ApplicationId application;
  std::uint32_t number = 0;
  auto operator<=>(const AttemptId&) const = default;
};

struct ReservationId {
  std::string plan;
  std::uint64_t cluster_timestamp = 0;
  std::uint64_t id = 0;
  auto operator<=>(const ReservationId&) const = default;
};

std::string to_string(const ApplicationId& id);  // application_1700000000000_0007
std::string to_string(const AttemptId& id);      // appattempt_1700000000000_0007_000001

struct Amount {
  std::string name;
  std::uint64_t value = 0;
  bool operator==(const Amount&) const = default;
};

struct Resource {
  std::uint64_t memory_mib = 0;
  std::uint64_t vcores_milli = 0;
  std::vector<Amount> others;
  bool operator==(const Resource&) const = default;
};

struct Entry {
  std::string name;
  std::string value;
  bool operator==(const Entry&) const = default;
};

struct LocalFile {
  std::string name;
  std::string url;
  std::uint64_t bytes = 0;
  std::uint64_t time = 0;
  bool operator==(const LocalFile&) const = default;
};

// How to start the container of an application's master. Not kept for applications in a final state.
struct LaunchContext {
  std::vector<std::string> commands;
  std::vector<Entry> environment;
  std::vector<LocalFile> files;
  std::vector<Entry> acls;
  Data service_data;
  Data tokens;
  bool operator==(const LaunchContext&) const = default;
};

struct SubmissionContext {
  std::string name;
  std::string queue;
  std::string type;
  std::int32_t priority = 0;
  std::uint32_t max_attempts = 0;
  Resource resource;
  std::string node_labels;
  std::vector<std::string> tags;
  bool unmanaged = false;
  bool keep_containers = false;
  bool cancel_tokens = false;
  std::uint64_t attempt_failures_validity = 0;
  std::optional<ReservationId> reservation;
  std::optional<LaunchContext> launch;
  bool operator==(const SubmissionContext&) const = default;
};

struct CallerContext {
  std::string context;
  Data signature;
  bool operator==(const CallerContext&) const = default;
};

struct Timeout {
  enum class Type : std::uint16_t { kLifetime };
  Type type = Type::kLifetime;
  std::uint64_t expire_time = 0;
  bool operator==(const Timeout&) const = default;
};

struct Application {
  enum class State : std::uint16_t {
    kNone,  // submitted; no final state yet
    kNew,
    kNewSaving,
    kSubmitted,
    kAccepted,
    kRunning,
    kFinalSaving,
    kFinishing,
    kFinished,
    kFailed,
    kKilling,
    kKilled,
  };
  ApplicationId id;
  State state = State::kNone;
  std::uint64_t submit_time = 0;
  std::uint64_t start_time = 0;
  std::uint64_t launch_time = 0;
  std::uint64_t finish_time = 0;
  std::string user;
  std::string diagnostics;
  SubmissionContext context;
  std::optional<CallerContext> caller;
  std::vector<Timeout> timeouts;
  bool operator==(const Application&) const = default;
};

// Finished, failed or killed.
constexpr bool is_final(Application::State state) {
  return state == Application::State::kFinished || state == Application::State::kFailed || state == Application::State::kKilled;
}

struct Container {
  std::uint64_t id = 0;  // the epoch in its upper bits
  std::string host;
  std::uint16_t port = 0;
  std::string http_address;
  Resource resource;
  std::int32_t priority = 0;
  Data token;
  bool operator==(const Container&) const = default;
};

struct Attempt {
  enum class State : std::uint16_t {
    kNone,
    kNew,
    kSubmitted,
    kScheduled,
    kAllocated,
    kLaunched,
    kFailed,
    kRunning,
    kFinishing,
    kFinished,
    kKilled,
    kAllocatedSaving,
    kLaunchedUnmanagedSaving,
    kRecovered,
    kFinalSaving,
  };
  enum class FinalStatus : std::uint16_t { kUndefined, kSucceeded, kFailed, kKilled, kEnded };
  AttemptId id;
  State state = State::kNone;
  FinalStatus final_status = FinalStatus::kUndefined;
  std::int32_t am_exit_status = -1000;
  std::uint64_t start_time = 0;
  std::uint64_t finish_time = 0;
  std::optional<Container> master_container;
  Data tokens;
  std::string tracking_url;
  std::string diagnostics;
  std::uint64_t memory_seconds = 0;
  std::uint64_t vcore_seconds = 0;
  std::uint64_t preempted_memory_seconds = 0;
  std::uint64_t preempted_vcore_seconds = 0;
  std::vector<Amount> resource_seconds;
  std::vector<Amount> preempted_resource_seconds;
  std::uint32_t containers_allocated = 0;
  bool operator==(const Attempt&) const = default;
};

struct DelegationToken {
  std::uint32_t sequence_number = 0;
  std::uint32_t master_key_id = 0;
  std::string owner;
  std::string renewer;
  std::string real_user;
  std::uint64_t issue_date = 0;
  std::uint64_t max_date = 0;
  std::uint64_t renew_date = 0;
  bool operator==(const DelegationToken&) const = default;
};

struct MasterKey {
  std::uint32_t id = 0;
  std::uint64_t expiry_date = 0;
  Data key;
  bool operator==(const MasterKey&) const = default;
};

struct AmrmTokens {
  MasterKey current;
  std::optional<MasterKey> next;
  bool operator==(const AmrmTokens&) const = default;
};

struct Reservation {
  ReservationId id;
  Data allocation;
  bool operator==(const Reservation&) const = default;
};

struct ProxyCa {
  Data certificate;
  Data private_key;
  bool operator==(const ProxyCa&) const = default;
};

struct Version {
  std::uint32_t major = 0;
  std::uint32_t minor = 0;
  auto operator<=>(const Version&) const = default;
};

// The operations, in the order of the schema (rm/rm.capnp). Store and update both replace what is there, so an update of what was
// never stored is legal; removing what is not there is, too.
struct StoreApplication {
  Application application;
};
struct UpdateApplication {
  Application application;
};
struct RemoveApplication {  // and its attempts
  ApplicationId id;
};
struct StoreAttempt {
  Attempt attempt;
};
struct UpdateAttempt {
  Attempt attempt;
};
struct RemoveAttempt {
  AttemptId id;
};
struct StoreToken {  // and raise the sequence number to the token's
  DelegationToken token;
};
struct UpdateToken {
  DelegationToken token;
};
struct RemoveToken {
  std::uint32_t sequence_number = 0;
};
struct StoreMasterKey {
  MasterKey key;
};
struct RemoveMasterKey {
  std::uint32_t id = 0;
};
struct StoreAmrmTokens {
  AmrmTokens tokens;
};
struct StoreReservation {
  Reservation reservation;
};
struct RemoveReservation {
  ReservationId id;
};
struct StoreProxyCa {
  ProxyCa ca;
};
struct IncrementEpoch {  // Reply::code is the epoch before: `base` the first time
  std::uint64_t base = 0;
  std::uint64_t range = 0;  // epochs stay in base .. base + range - 1; 0: no wrap
};
struct StoreVersion {
  Version version;
};
struct DeleteStore {};

using Operation = std::variant<StoreApplication, UpdateApplication, RemoveApplication, StoreAttempt, UpdateAttempt, RemoveAttempt,
                               StoreToken, UpdateToken, RemoveToken, StoreMasterKey, RemoveMasterKey, StoreAmrmTokens, StoreReservation,
                               RemoveReservation, StoreProxyCa, IncrementEpoch, StoreVersion, DeleteStore>;

std::string_view name_of(const Operation& operation);  // "store_application"

// Applied together or not at all.
using Transaction = std::vector<Operation>;

// All of the store, as it was at one moment.
struct Snapshot {
  std::map<ApplicationId, Application> applications;
  std::map<AttemptId, Attempt> attempts;
  std::map<std::uint32_t, DelegationToken> tokens;  // by sequence number
  std::map<std::uint32_t, MasterKey> master_keys;   // by id
  std::uint32_t sequence_number = 0;                // the highest of any token ever stored
  std::optional<AmrmTokens> amrm_tokens;
  std::map<std::string, std::map<std::pair<std::uint64_t, std::uint64_t>, Data>>
      reservations;  // plan -> (cluster timestamp, id) -> allocation
  std::optional<ProxyCa> proxy_ca;
  std::optional<std::uint64_t> epoch;  // that the next increment returns
  std::optional<Version> version;
  bool operator==(const Snapshot&) const = default;
};

}  // namespace varve::rm
