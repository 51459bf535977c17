#include "tools/demo/state_hash.h"

#include <type_traits>

#include "base/bytes.h"

namespace varve {
namespace {

// Puts values one behind the other, each so that its end can be told.
class Fields {
 public:
  template <typename T>
  requires std::is_integral_v<T> || std::is_enum_v<T> Fields& operator<<(T value) {
    const auto wide = static_cast<std::uint64_t>(value);
    text_.append(reinterpret_cast<const char*>(&wide), sizeof wide);
    return *this;
  }
  Fields& operator<<(const std::string& value) {
    *this << value.size();
    text_ += value;
    return *this;
  }
  Fields& operator<<(const rm::Data& value) {
    *this << value.size();
    text_.append(as_text(value));
    return *this;
  }
  template <typename T>
  Fields& operator<<(const std::vector<T>& values) {
    *this << values.size();
    for (const T& value : values) *this << value;
    return *this;
  }
  template <typename T>
  Fields& operator<<(const std::optional<T>& value) {
    *this << value.has_value();
    if (value) *this << *value;
    return *this;
  }
  Fields& operator<<(const rm::ApplicationId& id) { return *this << id.cluster_timestamp << id.id; }
  Fields& operator<<(const rm::ReservationId& id) { return *this << id.plan << id.cluster_timestamp << id.id; }
  Fields& operator<<(const rm::Amount& a) { return *this << a.name << a.value; }
  Fields& operator<<(const rm::Entry& e) { return *this << e.name << e.value; }
  Fields& operator<<(const rm::LocalFile& f) { return *this << f.name << f.url << f.bytes << f.time; }
  Fields& operator<<(const rm::Timeout& t) { return *this << t.type << t.expire_time; }
  Fields& operator<<(const rm::Resource& r) { return *this << r.memory_mib << r.vcores_milli << r.others; }
  Fields& operator<<(const rm::CallerContext& c) { return *this << c.context << c.signature; }
  Fields& operator<<(const rm::LaunchContext& l) {
    return *this << l.commands << l.environment << l.files << l.acls << l.service_data << l.tokens;
  }
  Fields& operator<<(const rm::SubmissionContext& c) {
    return *this << c.name << c.queue << c.type << c.priority << c.max_attempts << c.resource << c.node_labels << c.tags << c.unmanaged
                 << c.keep_containers << c.cancel_tokens << c.attempt_failures_validity << c.reservation << c.launch;
  }
  Fields& operator<<(const rm::MasterKey& k) { return *this << k.id << k.expiry_date << k.key; }
  Fields& operator<<(const rm::Container& c) {
    return *this << c.id << c.host << c.port << c.http_address << c.resource << c.priority << c.token;
  }

  Digest digest() const { return digest_of(as_bytes(text_)); }

 private:
  std::string text_;
};

}  // namespace

Digest digest_of_entry(const rm::Application& a) {
  Fields fields;
  fields << std::string("application") << a.id << a.state << a.submit_time << a.start_time << a.launch_time << a.finish_time << a.user
         << a.diagnostics << a.context << a.caller << a.timeouts;
  return fields.digest();
}

Digest digest_of_entry(const rm::Attempt& a) {
  Fields fields;
  fields << std::string("attempt") << a.id.application << a.id.number << a.state << a.final_status << a.am_exit_status << a.start_time
         << a.finish_time << a.master_container << a.tokens << a.tracking_url << a.diagnostics << a.memory_seconds << a.vcore_seconds
         << a.preempted_memory_seconds << a.preempted_vcore_seconds << a.resource_seconds << a.preempted_resource_seconds
         << a.containers_allocated;
  return fields.digest();
}

Digest digest_of_entry(const rm::DelegationToken& t) {
  Fields fields;
  fields << std::string("token") << t.sequence_number << t.master_key_id << t.owner << t.renewer << t.real_user << t.issue_date
         << t.max_date << t.renew_date;
  return fields.digest();
}

Digest digest_of_entry(const rm::MasterKey& key) {
  Fields fields;
  fields << std::string("master key") << key;
  return fields.digest();
}

Digest digest_of_entry(const rm::AmrmTokens& tokens) {
  Fields fields;
  fields << std::string("amrm tokens") << tokens.current << tokens.next;
  return fields.digest();
}

StateHash hash_of(const rm::Snapshot& snapshot) {
  StateHash hash;
  for (const auto& [id, application] : snapshot.applications) hash.add(digest_of_entry(application));
  for (const auto& [id, attempt] : snapshot.attempts) hash.add(digest_of_entry(attempt));
  for (const auto& [number, token] : snapshot.tokens) hash.add(digest_of_entry(token));
  for (const auto& [id, key] : snapshot.master_keys) hash.add(digest_of_entry(key));
  if (snapshot.amrm_tokens) hash.add(digest_of_entry(*snapshot.amrm_tokens));
  return hash;
}

}  // namespace varve
