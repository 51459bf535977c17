#include "tools/demo/state_model.h"

#include "base/check.h"

namespace varve {
namespace {

template <typename... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};

}  // namespace

void StateModel::put(std::optional<Digest>& place, const Digest& digest) {
  drop(place);
  place = digest;
  hash_.add(digest);
}

void StateModel::drop(std::optional<Digest>& place) {
  if (place) hash_.remove(*place);
  place.reset();
}

void StateModel::put(std::map<std::uint32_t, Digest>& entries, std::uint32_t key, const Digest& digest) {
  drop(entries, key);
  entries.emplace(key, digest);
  hash_.add(digest);
}

void StateModel::drop(std::map<std::uint32_t, Digest>& entries, std::uint32_t key) {
  const auto found = entries.find(key);
  if (found == entries.end()) return;
  hash_.remove(found->second);
  entries.erase(found);
}

void StateModel::put(const rm::Application& application) {
  std::optional<Digest>& place = applications_[application.id].digest;
  if (!rm::is_final(application.state) || !application.context.launch) return put(place, digest_of_entry(application));
  rm::Application pruned = application;  // the store keeps no launch context of an application in its final state
  pruned.context.launch.reset();
  put(place, digest_of_entry(pruned));
}

void StateModel::remove(const rm::ApplicationId& id) {
  const auto found = applications_.find(id);
  if (found == applications_.end()) return;
  drop(found->second.digest);
  for (const auto& [number, digest] : found->second.attempts) hash_.remove(digest);
  applications_.erase(found);
}

void StateModel::apply(const rm::Operation& operation) {
  const auto put_attempt = [this](const rm::Attempt& a) { put(applications_[a.id.application].attempts, a.id.number, digest_of_entry(a)); };
  const auto put_token = [this](const rm::DelegationToken& t) { put(tokens_, t.sequence_number, digest_of_entry(t)); };
  std::visit(Overloaded{
                 [&](const rm::StoreApplication& o) { put(o.application); },
                 [&](const rm::UpdateApplication& o) { put(o.application); },
                 [&](const rm::RemoveApplication& o) { remove(o.id); },
                 [&](const rm::StoreAttempt& o) { put_attempt(o.attempt); },
                 [&](const rm::UpdateAttempt& o) { put_attempt(o.attempt); },
                 [&](const rm::StoreToken& o) { put_token(o.token); },
                 [&](const rm::UpdateToken& o) { put_token(o.token); },
                 [&](const rm::RemoveToken& o) { drop(tokens_, o.sequence_number); },
                 [&](const rm::StoreMasterKey& o) { put(master_keys_, o.key.id, digest_of_entry(o.key)); },
                 [&](const rm::RemoveMasterKey& o) { drop(master_keys_, o.id); },
                 [&](const rm::StoreAmrmTokens& o) { put(amrm_tokens_, digest_of_entry(o.tokens)); },
                 [&](const auto&) { CHECK(false, rm::name_of(operation)); },
             },
             operation);
}

}  // namespace varve
