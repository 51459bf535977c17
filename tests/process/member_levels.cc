#include "tests/process/member_levels.h"

#include <fmt/format.h>

#include "base/result.h"
#include "journal/node_connection.h"

namespace varve {

namespace {

constexpr std::chrono::nanoseconds kAnswerPatience = std::chrono::milliseconds(500);
constexpr std::chrono::nanoseconds kLookAgain = std::chrono::milliseconds(10);

Task<Result<wire::CopyState>> look_at(Seams seams, std::string address, std::string journal) {
  wire::Open open;
  open.journal = journal;
  CO_ASSIGN_OR_RETURN(kj::Own<NodeConnection> connection, co_await NodeConnection::open(seams, address, std::move(open), kAnswerPatience));
  const auto* state = std::get_if<wire::CopyState>(&connection->opened());
  if (state == nullptr) co_return fail(ErrorCode::kNotFound, fmt::format("{} serves no journal {}", address, journal));
  co_return *state;
}

// What is missing there; empty: nothing.
std::string behind(const Result<wire::CopyState>& state, TxId target) {
  if (!state) return state.error().text();
  if (!state->tail_certain) return "it cannot tell where its log ends";
  if (state->holed) return "its newest segment is damaged";
  if (state->end().txid < target) return fmt::format("it ends at txid {}", state->end().txid.value);
  if (state->committed.txid < target) return fmt::format("it knows of commits up to txid {}", state->committed.txid.value);
  return "";
}

}  // namespace

Task<TxId> highest_committed(Seams seams, JournalUrl url) {
  TxId highest;
  for (const std::string& host : url.hosts) {
    auto state = co_await look_at(seams, host, url.name);
    if (state) highest = std::max(highest, state->committed.txid);
  }
  co_return highest;
}

Task<Result<void>> wait_until_level(Seams seams, JournalUrl url, TxId target, std::chrono::nanoseconds patience) {
  const auto until = seams.clock.now() + patience;
  while (true) {
    std::string problems;
    for (const std::string& host : url.hosts) {
      auto state = co_await look_at(seams, host, url.name);
      const std::string problem = behind(state, target);
      if (!problem.empty()) problems += fmt::format(" {}: {};", host, problem);
    }
    if (problems.empty()) co_return ok();
    if (seams.clock.now() > until)
      co_return fail(ErrorCode::kIo, fmt::format("not every member is level at txid {}:{}", target.value, problems));
    co_await seams.clock.after(kLookAgain);
  }
}

}  // namespace varve
