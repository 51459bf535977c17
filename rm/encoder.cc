#include "rm/encoder.h"

#include <fmt/format.h>

#include <type_traits>

#include "base/result.h"
#include "rm/rm.capnp.h"

namespace varve {
namespace {

namespace wire = schema::rm;

kj::StringPtr as_text(const std::string& text) {
  return kj::StringPtr(text.c_str(), text.size());
}
kj::ArrayPtr<const kj::byte> as_data(const rm::Data& data) {
  return kj::arrayPtr(reinterpret_cast<const kj::byte*>(data.data()), data.size());
}
unsigned length_of(std::size_t size) {
  return static_cast<unsigned>(size);
}

// Sets a text, data or list field only when there is something in it: an empty field is a null pointer, so that equal values have equal
// bytes.
#define SET_IF_ANY(builder, Field, value, convert)              \
  do {                                                          \
    if (!(value).empty()) (builder).set##Field(convert(value)); \
  } while (false)

void encode(const rm::ApplicationId& from, wire::ApplicationId::Builder to) {
  to.setClusterTimestamp(from.cluster_timestamp);
  to.setId(from.id);
}

void encode(const rm::AttemptId& from, wire::AttemptId::Builder to) {
  to.setClusterTimestamp(from.application.cluster_timestamp);
  to.setApplicationId(from.application.id);
  to.setNumber(from.number);
}

void encode(const rm::ReservationId& from, wire::ReservationId::Builder to) {
  SET_IF_ANY(to, Plan, from.plan, as_text);
  to.setClusterTimestamp(from.cluster_timestamp);
  to.setId(from.id);
}

void encode(const rm::Amount& from, wire::Amount::Builder to) {
  SET_IF_ANY(to, Name, from.name, as_text);
  to.setValue(from.value);
}

void encode(const rm::Entry& from, wire::Entry::Builder to) {
  SET_IF_ANY(to, Name, from.name, as_text);
  SET_IF_ANY(to, Value, from.value, as_text);
}

void encode(const rm::LocalFile& from, wire::LocalFile::Builder to) {
  SET_IF_ANY(to, Name, from.name, as_text);
  SET_IF_ANY(to, Url, from.url, as_text);
  to.setBytes(from.bytes);
  to.setTime(from.time);
}

void encode(const rm::Timeout& from, wire::Timeout::Builder to) {
  to.setType(static_cast<wire::Timeout::Type>(from.type));
  to.setExpireTime(from.expire_time);
}

template <typename From, typename To>
void encode_all(const std::vector<From>& from, To to) {
  for (unsigned i = 0; i < from.size(); i++) encode(from[i], to[i]);
}
template <typename To>
void encode_texts(const std::vector<std::string>& from, To to) {
  for (unsigned i = 0; i < from.size(); i++) to.set(i, as_text(from[i]));
}

void encode(const rm::Resource& from, wire::Resource::Builder to) {
  to.setMemoryMib(from.memory_mib);
  to.setVcoresMilli(from.vcores_milli);
  if (!from.others.empty()) encode_all(from.others, to.initOthers(length_of(from.others.size())));
}

void encode(const rm::LaunchContext& from, wire::LaunchContext::Builder to) {
  if (!from.commands.empty()) encode_texts(from.commands, to.initCommands(length_of(from.commands.size())));
  if (!from.environment.empty()) encode_all(from.environment, to.initEnvironment(length_of(from.environment.size())));
  if (!from.files.empty()) encode_all(from.files, to.initFiles(length_of(from.files.size())));
  if (!from.acls.empty()) encode_all(from.acls, to.initAcls(length_of(from.acls.size())));
  SET_IF_ANY(to, ServiceData, from.service_data, as_data);
  SET_IF_ANY(to, Tokens, from.tokens, as_data);
}

void encode(const rm::SubmissionContext& from, bool with_launch, wire::SubmissionContext::Builder to) {
  SET_IF_ANY(to, Name, from.name, as_text);
  SET_IF_ANY(to, Queue, from.queue, as_text);
  SET_IF_ANY(to, Type, from.type, as_text);
  to.setPriority(from.priority);
  to.setMaxAttempts(from.max_attempts);
  encode(from.resource, to.initResource());
  SET_IF_ANY(to, NodeLabels, from.node_labels, as_text);
  if (!from.tags.empty()) encode_texts(from.tags, to.initTags(length_of(from.tags.size())));
  to.setUnmanaged(from.unmanaged);
  to.setKeepContainers(from.keep_containers);
  to.setCancelTokens(from.cancel_tokens);
  to.setAttemptFailuresValidity(from.attempt_failures_validity);
  if (from.reservation) encode(*from.reservation, to.initReservation());
  if (from.launch && with_launch) encode(*from.launch, to.initLaunch());
}

void encode(const rm::Application& from, wire::Application::Builder to) {
  to.setClusterTimestamp(from.id.cluster_timestamp);
  to.setId(from.id.id);
  to.setState(static_cast<wire::Application::State>(from.state));
  to.setSubmitTime(from.submit_time);
  to.setStartTime(from.start_time);
  to.setLaunchTime(from.launch_time);
  to.setFinishTime(from.finish_time);
  SET_IF_ANY(to, User, from.user, as_text);
  SET_IF_ANY(to, Diagnostics, from.diagnostics, as_text);
  encode(from.context, !is_final(from.state), to.initContext());
  if (from.caller) {
    auto caller = to.initCaller();
    SET_IF_ANY(caller, Context, from.caller->context, as_text);
    SET_IF_ANY(caller, Signature, from.caller->signature, as_data);
  }
  if (!from.timeouts.empty()) encode_all(from.timeouts, to.initTimeouts(length_of(from.timeouts.size())));
}

void encode(const rm::Container& from, wire::Container::Builder to) {
  to.setId(from.id);
  SET_IF_ANY(to, Host, from.host, as_text);
  to.setPort(from.port);
  SET_IF_ANY(to, HttpAddress, from.http_address, as_text);
  encode(from.resource, to.initResource());
  to.setPriority(from.priority);
  SET_IF_ANY(to, Token, from.token, as_data);
}

void encode(const rm::Attempt& from, wire::Attempt::Builder to) {
  to.setClusterTimestamp(from.id.application.cluster_timestamp);
  to.setApplicationId(from.id.application.id);
  to.setNumber(from.id.number);
  to.setState(static_cast<wire::Attempt::State>(from.state));
  to.setFinalStatus(static_cast<wire::Attempt::FinalStatus>(from.final_status));
  to.setAmExitStatus(from.am_exit_status);
  to.setStartTime(from.start_time);
  to.setFinishTime(from.finish_time);
  if (from.master_container) encode(*from.master_container, to.initMasterContainer());
  SET_IF_ANY(to, Tokens, from.tokens, as_data);
  SET_IF_ANY(to, TrackingUrl, from.tracking_url, as_text);
  SET_IF_ANY(to, Diagnostics, from.diagnostics, as_text);
  to.setMemorySeconds(from.memory_seconds);
  to.setVcoreSeconds(from.vcore_seconds);
  to.setPreemptedMemorySeconds(from.preempted_memory_seconds);
  to.setPreemptedVcoreSeconds(from.preempted_vcore_seconds);
  if (!from.resource_seconds.empty()) encode_all(from.resource_seconds, to.initResourceSeconds(length_of(from.resource_seconds.size())));
  if (!from.preempted_resource_seconds.empty())
    encode_all(from.preempted_resource_seconds, to.initPreemptedResourceSeconds(length_of(from.preempted_resource_seconds.size())));
  to.setContainersAllocated(from.containers_allocated);
}

void encode(const rm::DelegationToken& from, wire::DelegationToken::Builder to) {
  to.setSequenceNumber(from.sequence_number);
  to.setMasterKeyId(from.master_key_id);
  SET_IF_ANY(to, Owner, from.owner, as_text);
  SET_IF_ANY(to, Renewer, from.renewer, as_text);
  SET_IF_ANY(to, RealUser, from.real_user, as_text);
  to.setIssueDate(from.issue_date);
  to.setMaxDate(from.max_date);
  to.setRenewDate(from.renew_date);
}

void encode(const rm::MasterKey& from, wire::MasterKey::Builder to) {
  to.setId(from.id);
  to.setExpiryDate(from.expiry_date);
  SET_IF_ANY(to, Key, from.key, as_data);
}

void encode(const rm::AmrmTokens& from, wire::AmrmTokens::Builder to) {
  encode(from.current, to.initCurrent());
  if (from.next) encode(*from.next, to.initNext());
}

void encode(const rm::Reservation& from, wire::Reservation::Builder to) {
  SET_IF_ANY(to, Plan, from.id.plan, as_text);
  to.setClusterTimestamp(from.id.cluster_timestamp);
  to.setId(from.id.id);
  SET_IF_ANY(to, Allocation, from.allocation, as_data);
}

void encode(const rm::ProxyCa& from, wire::ProxyCa::Builder to) {
  SET_IF_ANY(to, Certificate, from.certificate, as_data);
  SET_IF_ANY(to, PrivateKey, from.private_key, as_data);
}

#undef SET_IF_ANY

// One overload for each alternative of rm::Operation.
struct OperationEncoder {
  wire::Operation::Builder to;
  void operator()(const rm::StoreApplication& from) { encode(from.application, to.initStoreApplication()); }
  void operator()(const rm::UpdateApplication& from) { encode(from.application, to.initUpdateApplication()); }
  void operator()(const rm::RemoveApplication& from) { encode(from.id, to.initRemoveApplication()); }
  void operator()(const rm::StoreAttempt& from) { encode(from.attempt, to.initStoreAttempt()); }
  void operator()(const rm::UpdateAttempt& from) { encode(from.attempt, to.initUpdateAttempt()); }
  void operator()(const rm::RemoveAttempt& from) { encode(from.id, to.initRemoveAttempt()); }
  void operator()(const rm::StoreToken& from) { encode(from.token, to.initStoreToken()); }
  void operator()(const rm::UpdateToken& from) { encode(from.token, to.initUpdateToken()); }
  void operator()(const rm::RemoveToken& from) { to.setRemoveToken(from.sequence_number); }
  void operator()(const rm::StoreMasterKey& from) { encode(from.key, to.initStoreMasterKey()); }
  void operator()(const rm::RemoveMasterKey& from) { to.setRemoveMasterKey(from.id); }
  void operator()(const rm::StoreAmrmTokens& from) { encode(from.tokens, to.initStoreAmrmTokens()); }
  void operator()(const rm::StoreReservation& from) { encode(from.reservation, to.initStoreReservation()); }
  void operator()(const rm::RemoveReservation& from) { encode(from.id, to.initRemoveReservation()); }
  void operator()(const rm::StoreProxyCa& from) { encode(from.ca, to.initStoreProxyCa()); }
  void operator()(const rm::IncrementEpoch& from) {
    auto increment = to.initIncrementEpoch();
    increment.setBase(from.base);
    increment.setRange(from.range);
  }
  void operator()(const rm::StoreVersion& from) {
    auto version = to.initStoreVersion();
    version.setMajor(from.version.major);
    version.setMinor(from.version.minor);
  }
  void operator()(const rm::DeleteStore&) { to.setDeleteStore(); }
};

Bytes as_bytes(kj::ArrayPtr<const capnp::word> words) {
  return std::as_bytes(std::span(words.begin(), words.size()));
}

}  // namespace

EncodedTransaction::EncodedTransaction(std::span<const rm::Operation> operations) : operations_(operations) {
  auto list = message_.initRoot<wire::Transaction>().initOperations(length_of(operations.size()));
  for (unsigned i = 0; i < operations.size(); i++) std::visit(OperationEncoder{list[i]}, operations[i]);
  const auto segments = message_.getSegmentsForOutput();
  if (segments.size() == 1) {
    bytes_ = as_bytes(segments[0]);
  } else {
    joined_ = capnp::canonicalize(message_.getRoot<wire::Transaction>().asReader());
    bytes_ = as_bytes(joined_);
  }
}

Result<void> EncodedTransaction::check_operation_size(std::size_t operation_bytes_max) {
  if (bytes_.size() <= operation_bytes_max) return ok();
  const auto list = message_.getRoot<wire::Transaction>().getOperations().asReader();
  for (unsigned i = 0; i < list.size(); i++) {
    const std::size_t bytes = list[i].totalSize().wordCount * sizeof(capnp::word);
    if (bytes <= operation_bytes_max) continue;
    return fail(ErrorCode::kTooLarge,
                fmt::format("operation {} of {}, {}, has {} bytes and at most {} are allowed: make it smaller or raise operation_bytes_max",
                            i + 1, list.size(), name_of(operations_[i]), bytes, operation_bytes_max));
  }
  return ok();
}

}  // namespace varve
