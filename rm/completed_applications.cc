#include "rm/completed_applications.h"

namespace varve {

void CompletedApplications::note(const rm::Operation& operation) {
  if (const auto* store = std::get_if<rm::StoreApplication>(&operation)) {
    note(store->application);
  } else if (const auto* update = std::get_if<rm::UpdateApplication>(&operation)) {
    note(update->application);
  } else if (const auto* remove = std::get_if<rm::RemoveApplication>(&operation)) {
    forget(remove->id);
  } else if (std::holds_alternative<rm::DeleteStore>(operation)) {
    order_.clear();
    finish_times_.clear();
  }
}

void CompletedApplications::note(const rm::Application& application) {
  if (is_final(application.state)) {
    add({application.id, application.finish_time});
  } else {
    forget(application.id);
  }
}

void CompletedApplications::add(const CompletedApplication& application) {
  forget(application.id);
  finish_times_.emplace(application.id, application.finish_time);
  order_.emplace(application.finish_time, application.id);
}

void CompletedApplications::forget(const rm::ApplicationId& id) {
  const auto known = finish_times_.find(id);
  if (known == finish_times_.end()) return;
  order_.erase({known->second, id});
  finish_times_.erase(known);
}

std::optional<CompletedApplication> CompletedApplications::take_surplus() {
  if (order_.size() <= kept_max_) return std::nullopt;
  const CompletedApplication first{order_.begin()->second, order_.begin()->first};
  forget(first.id);
  return first;
}

}  // namespace varve
