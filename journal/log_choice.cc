#include "journal/log_choice.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "base/result.h"
#include "journal/commit_rule.h"

namespace varve {
namespace {

bool is_better(const LogPosition& a, const LogPosition& b) {
  return a.epoch != b.epoch ? a.epoch > b.epoch : a.txid > b.txid;
}

}  // namespace

Result<std::optional<LogChoice>> choose_log(const std::vector<PromiseAnswer>& answers) {
  // An answer whose tail is unknown fences, but says nothing about the log.
  const auto certain = [](const PromiseAnswer& answer) { return answer.state.tail_certain && !answer.left_out; };
  std::optional<std::size_t> best;
  LogChoice choice;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    if (answers[i].state.committed.txid > choice.highest_committed.txid || choice.highest_committed == LogPosition{})
      choice.highest_committed = answers[i].state.committed;
    // Of a copy with a hole the end counts, but its frames cannot be had, nor what they say of the members.
    if (!certain(answers[i]) || answers[i].state.holed) continue;
    if (!best || is_better(answers[i].state.end(), answers[*best].state.end())) best = i;
  }
  if (!best) return std::optional<LogChoice>();
  choice.best = *best;
  const wire::CopyState& state = answers[*best].state;
  ASSIGN_OR_RETURN(choice.configuration, decode_configuration(as_bytes(state.configuration.bytes)));

  // One that ends above the best log that can be had is left out.
  const auto counts = [&](const PromiseAnswer& answer) { return certain(answer) && !is_better(answer.state.end(), state.end()); };
  std::size_t voters = 0;
  for (const Member& member : choice.configuration.members) {
    const bool answered = std::ranges::any_of(
        answers, [&](const PromiseAnswer& a) { return a.state.disk == member.disk && a.address == member.address && counts(a); });
    if (member.role != MemberRole::kLearner && answered) ++voters;
  }
  if (voters < majority_of(choice.configuration)) return std::optional<LogChoice>();
  if (choice.highest_committed.txid > state.end().txid)
    return fail(
        ErrorCode::kDamaged,
        fmt::format("the best log of a majority ends at txid {} on {}, but txid {} is committed: acknowledged transactions are lost; bring "
                    "back the members that do not answer",
                    state.end().txid.value, answers[*best].address, choice.highest_committed.txid.value));
  return std::optional<LogChoice>(std::move(choice));
}

}  // namespace varve
