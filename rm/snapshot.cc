#include "rm/snapshot.h"

#include <fmt/format.h>
#include <kj/exception.h>

#include "base/result.h"
#include "rm/rm.capnp.h"
#include "rm/segment_reader.h"

namespace varve {
namespace {

namespace wire = schema::rm;

std::string text(capnp::Text::Reader from) {
  return {from.begin(), from.size()};
}
rm::Data data(capnp::Data::Reader from) {
  const auto* begin = reinterpret_cast<const std::byte*>(from.begin());
  return {begin, begin + from.size()};
}

rm::ReservationId decode(wire::ReservationId::Reader from) {
  return {text(from.getPlan()), from.getClusterTimestamp(), from.getId()};
}
rm::Amount decode(wire::Amount::Reader from) {
  return {text(from.getName()), from.getValue()};
}
rm::Entry decode(wire::Entry::Reader from) {
  return {text(from.getName()), text(from.getValue())};
}
rm::LocalFile decode(wire::LocalFile::Reader from) {
  return {text(from.getName()), text(from.getUrl()), from.getBytes(), from.getTime()};
}
rm::Timeout decode(wire::Timeout::Reader from) {
  return {static_cast<rm::Timeout::Type>(from.getType()), from.getExpireTime()};
}
std::string decode(capnp::Text::Reader from) {
  return text(from);
}

template <typename To, typename List>
std::vector<To> decode_all(List from) {
  std::vector<To> to;
  to.reserve(from.size());
  for (auto element : from) to.push_back(decode(element));
  return to;
}

rm::Resource decode(wire::Resource::Reader from) {
  return {.memory_mib = from.getMemoryMib(), .vcores_milli = from.getVcoresMilli(), .others = decode_all<rm::Amount>(from.getOthers())};
}

rm::LaunchContext decode(wire::LaunchContext::Reader from) {
  return {.commands = decode_all<std::string>(from.getCommands()),
          .environment = decode_all<rm::Entry>(from.getEnvironment()),
          .files = decode_all<rm::LocalFile>(from.getFiles()),
          .acls = decode_all<rm::Entry>(from.getAcls()),
          .service_data = data(from.getServiceData()),
          .tokens = data(from.getTokens())};
}

rm::SubmissionContext decode(wire::SubmissionContext::Reader from) {
  rm::SubmissionContext to{.name = text(from.getName()),
                           .queue = text(from.getQueue()),
                           .type = text(from.getType()),
                           .priority = from.getPriority(),
                           .max_attempts = from.getMaxAttempts(),
                           .resource = decode(from.getResource()),
                           .node_labels = text(from.getNodeLabels()),
                           .tags = decode_all<std::string>(from.getTags()),
                           .unmanaged = from.getUnmanaged(),
                           .keep_containers = from.getKeepContainers(),
                           .cancel_tokens = from.getCancelTokens(),
                           .attempt_failures_validity = from.getAttemptFailuresValidity()};
  if (from.hasReservation()) to.reservation = decode(from.getReservation());
  if (from.hasLaunch()) to.launch = decode(from.getLaunch());
  return to;
}

rm::Application decode(wire::Application::Reader from) {
  rm::Application to{.id = {from.getClusterTimestamp(), from.getId()},
                     .state = static_cast<rm::Application::State>(from.getState()),
                     .submit_time = from.getSubmitTime(),
                     .start_time = from.getStartTime(),
                     .launch_time = from.getLaunchTime(),
                     .finish_time = from.getFinishTime(),
                     .user = text(from.getUser()),
                     .diagnostics = text(from.getDiagnostics()),
                     .context = decode(from.getContext()),
                     .timeouts = decode_all<rm::Timeout>(from.getTimeouts())};
  if (from.hasCaller()) to.caller = rm::CallerContext{text(from.getCaller().getContext()), data(from.getCaller().getSignature())};
  return to;
}

rm::Container decode(wire::Container::Reader from) {
  return {.id = from.getId(),
          .host = text(from.getHost()),
          .port = from.getPort(),
          .http_address = text(from.getHttpAddress()),
          .resource = decode(from.getResource()),
          .priority = from.getPriority(),
          .token = data(from.getToken())};
}

rm::Attempt decode(wire::Attempt::Reader from) {
  rm::Attempt to{.id = {{from.getClusterTimestamp(), from.getApplicationId()}, from.getNumber()},
                 .state = static_cast<rm::Attempt::State>(from.getState()),
                 .final_status = static_cast<rm::Attempt::FinalStatus>(from.getFinalStatus()),
                 .am_exit_status = from.getAmExitStatus(),
                 .start_time = from.getStartTime(),
                 .finish_time = from.getFinishTime(),
                 .tokens = data(from.getTokens()),
                 .tracking_url = text(from.getTrackingUrl()),
                 .diagnostics = text(from.getDiagnostics()),
                 .memory_seconds = from.getMemorySeconds(),
                 .vcore_seconds = from.getVcoreSeconds(),
                 .preempted_memory_seconds = from.getPreemptedMemorySeconds(),
                 .preempted_vcore_seconds = from.getPreemptedVcoreSeconds(),
                 .resource_seconds = decode_all<rm::Amount>(from.getResourceSeconds()),
                 .preempted_resource_seconds = decode_all<rm::Amount>(from.getPreemptedResourceSeconds()),
                 .containers_allocated = from.getContainersAllocated()};
  if (from.hasMasterContainer()) to.master_container = decode(from.getMasterContainer());
  return to;
}

rm::DelegationToken decode(wire::DelegationToken::Reader from) {
  return {.sequence_number = from.getSequenceNumber(),
          .master_key_id = from.getMasterKeyId(),
          .owner = text(from.getOwner()),
          .renewer = text(from.getRenewer()),
          .real_user = text(from.getRealUser()),
          .issue_date = from.getIssueDate(),
          .max_date = from.getMaxDate(),
          .renew_date = from.getRenewDate()};
}

rm::MasterKey decode(wire::MasterKey::Reader from) {
  return {.id = from.getId(), .expiry_date = from.getExpiryDate(), .key = data(from.getKey())};
}

rm::AmrmTokens decode(wire::AmrmTokens::Reader from) {
  rm::AmrmTokens to{.current = decode(from.getCurrent())};
  if (from.hasNext()) to.next = decode(from.getNext());
  return to;
}

rm::Reservation decode(wire::Reservation::Reader from) {
  return {.id = {text(from.getPlan()), from.getClusterTimestamp(), from.getId()}, .allocation = data(from.getAllocation())};
}

rm::ProxyCa decode(wire::ProxyCa::Reader from) {
  return {data(from.getCertificate()), data(from.getPrivateKey())};
}

// Calls take(value) with the root of a record.
template <typename T, typename Take>
Result<void> take_record(const Record& record, const char* kind, std::size_t rank, Take take) {
  try {
    SegmentReader message(record.bytes(), record.bytes().size() + 64);
    take(message.root<T>());
    return ok();
  } catch (const kj::Exception& error) {
    return fail(ErrorCode::kDamaged, fmt::format("reading the state: {} number {} of {} bytes is malformed: {}; remove it and report a bug",
                                                 kind, rank, record.bytes().size(), error.getDescription().cStr()));
  }
}

template <typename T, typename Key, typename Take>
Result<void> take_all(const CowView<Key>& records, const char* kind, Take take) {
  std::size_t rank = 0;
  for (auto cursor = records.seek(0); !cursor.at_end(); cursor.next()) TRY(take_record<T>(*cursor.record(), kind, rank++, take));
  return ok();
}

Result<void> take_meta(const RmMeta& meta, rm::Snapshot& to) {
  to.version = meta.version;
  to.epoch = meta.epoch;
  to.sequence_number = meta.sequence_number;
  if (meta.amrm) TRY(take_record<wire::AmrmTokens>(*meta.amrm, "AM-RM tokens", 0, [&](auto tokens) { to.amrm_tokens = decode(tokens); }));
  if (meta.proxy_ca) TRY(take_record<wire::ProxyCa>(*meta.proxy_ca, "proxy CA", 0, [&](auto ca) { to.proxy_ca = decode(ca); }));
  return ok();
}

}  // namespace

Result<rm::Snapshot> snapshot_of(const RmView& view) {
  rm::Snapshot to;
  TRY(take_meta(view.meta, to));
  TRY(take_all<wire::Application>(view.applications, "application", [&](auto from) {
    rm::Application application = decode(from);
    to.applications.emplace_hint(to.applications.end(), application.id, std::move(application));
  }));
  TRY(take_all<wire::Attempt>(view.attempts, "attempt", [&](auto from) {
    rm::Attempt attempt = decode(from);
    to.attempts.emplace_hint(to.attempts.end(), attempt.id, std::move(attempt));
  }));
  TRY(take_all<wire::DelegationToken>(view.tokens, "delegation token",
                                      [&](auto from) { to.tokens.emplace(from.getSequenceNumber(), decode(from)); }));
  TRY(take_all<wire::MasterKey>(view.master_keys, "master key", [&](auto from) { to.master_keys.emplace(from.getId(), decode(from)); }));
  TRY(take_all<wire::Reservation>(view.reservations, "reservation", [&](auto from) {
    rm::Reservation reservation = decode(from);
    to.reservations[reservation.id.plan].emplace(std::pair(reservation.id.cluster_timestamp, reservation.id.id),
                                                 std::move(reservation.allocation));
  }));
  return to;
}

Result<std::vector<CompletedApplication>> completed_applications(const RmView& view) {
  std::vector<CompletedApplication> completed;
  TRY(take_all<wire::Application>(view.applications, "application", [&](auto from) {
    if (!is_final(static_cast<rm::Application::State>(from.getState()))) return;
    completed.push_back({{from.getClusterTimestamp(), from.getId()}, from.getFinishTime()});
  }));
  return completed;
}

}  // namespace varve
