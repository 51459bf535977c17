#include "journal/commit_rule.h"

#include <algorithm>

namespace varve {
namespace {

// The txid that `count` of them have reached.
TxId reached_by(std::vector<TxId> txids, std::size_t count) {
  if (count == 0 || txids.size() < count) return TxId{0};
  std::ranges::sort(txids, std::greater<>());
  return txids[count - 1];
}

}  // namespace

std::size_t majority_of(const Configuration& configuration) {
  const auto voters = std::ranges::count_if(configuration.members, [](const Member& m) { return m.role != MemberRole::kLearner; });
  return static_cast<std::size_t>(voters) / 2 + 1;
}

std::size_t copies_needed(const Configuration& configuration) {
  if (configuration.min_copies > 0) return configuration.min_copies;
  const bool witness = std::ranges::any_of(configuration.members, [](const Member& m) { return m.role == MemberRole::kWitness; });
  return witness ? 1 : majority_of(configuration);
}

TxId acknowledged_by_majority(const Configuration& configuration, std::vector<Acknowledgement> acknowledgements) {
  std::vector<TxId> voters;
  std::vector<TxId> data;
  for (const Acknowledgement& a : acknowledgements) {
    if (a.role == MemberRole::kLearner) continue;
    voters.push_back(a.txid);
    if (a.role == MemberRole::kVoter) data.push_back(a.txid);
  }
  return std::min(reached_by(std::move(voters), majority_of(configuration)), reached_by(std::move(data), copies_needed(configuration)));
}

}  // namespace varve
