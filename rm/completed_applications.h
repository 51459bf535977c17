// The applications in a final state, so that no more than a limit of them is kept.
// Threads: one at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "varve/rm_types.h"

namespace varve {

struct CompletedApplication {
  rm::ApplicationId id;
  std::uint64_t finish_time = 0;
};

class CompletedApplications {
 public:
  explicit CompletedApplications(std::size_t kept_max) : kept_max_(kept_max) {}

  std::size_t size() const { return order_.size(); }

  // Takes note of a durable operation.
  void note(const rm::Operation& operation);
  void add(const CompletedApplication& application);
  void forget(const rm::ApplicationId& id);

  // When there are more than the limit: forgets the one that finished first, of equals the one with the smallest id, and returns it.
  std::optional<CompletedApplication> take_surplus();

 private:
  void note(const rm::Application& application);

  std::size_t kept_max_;
  std::set<std::pair<std::uint64_t, rm::ApplicationId>> order_;  // by finish time
  std::map<rm::ApplicationId, std::uint64_t> finish_times_;
};

}  // namespace varve
