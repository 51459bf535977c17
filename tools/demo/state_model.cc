#include "tools/demo/state_model.h"

#include "base/check.h"

namespace varve {

void StateModel::put(const rm::Application& application) {
  Entry& entry = applications_[application.id];
  if (entry.stored) hash_.remove(entry.digest);
  if (rm::is_final(application.state) && application.context.launch) {
    rm::Application pruned = application;  // the store keeps no launch context of an application in its final state
    pruned.context.launch.reset();
    entry.digest = digest_of_entry(pruned);
  } else {
    entry.digest = digest_of_entry(application);
  }
  entry.stored = true;
  hash_.add(entry.digest);
}

void StateModel::put(const rm::Attempt& attempt) {
  auto [place, added] = applications_[attempt.id.application].attempts.try_emplace(attempt.id.number);
  if (!added) hash_.remove(place->second);
  place->second = digest_of_entry(attempt);
  hash_.add(place->second);
}

void StateModel::remove(const rm::ApplicationId& id) {
  const auto found = applications_.find(id);
  if (found == applications_.end()) return;
  if (found->second.stored) hash_.remove(found->second.digest);
  for (const auto& [number, digest] : found->second.attempts) hash_.remove(digest);
  applications_.erase(found);
}

void StateModel::remove(const rm::AttemptId& id) {
  const auto found = applications_.find(id.application);
  if (found == applications_.end()) return;
  const auto attempt = found->second.attempts.find(id.number);
  if (attempt == found->second.attempts.end()) return;
  hash_.remove(attempt->second);
  found->second.attempts.erase(attempt);
}

void StateModel::apply(const rm::Operation& operation) {
  if (const auto* store = std::get_if<rm::StoreApplication>(&operation))
    put(store->application);
  else if (const auto* update = std::get_if<rm::UpdateApplication>(&operation))
    put(update->application);
  else if (const auto* remove_one = std::get_if<rm::RemoveApplication>(&operation))
    remove(remove_one->id);
  else if (const auto* store_attempt = std::get_if<rm::StoreAttempt>(&operation))
    put(store_attempt->attempt);
  else if (const auto* update_attempt = std::get_if<rm::UpdateAttempt>(&operation))
    put(update_attempt->attempt);
  else if (const auto* remove_attempt = std::get_if<rm::RemoveAttempt>(&operation))
    remove(remove_attempt->id);
  else
    CHECK(false, rm::name_of(operation));
}

}  // namespace varve
