#include "tools/journal/format_command.h"

#include <fmt/format.h>

#include "base/real/host_name.h"
#include "base/result.h"
#include "base/uuid.h"
#include "journal/journal_transfer.h"
#include "journal/quorum_format.h"
#include "journal/quorum_survey.h"

namespace varve {

namespace {

constexpr std::chrono::nanoseconds kPatience = std::chrono::seconds(10);

Task<Result<void>> make_new(JournalConsole& console) {
  CO_ASSIGN_OR_RETURN(JournalUrl url, typed_quorum(console.asked().journal));
  CO_ASSIGN_OR_RETURN(const Configuration made, co_await format_quorum(console.seams(), std::move(url), FormatPlan(), kPatience, &console));
  console.step(fmt::format("the journal is ready; members are {}", members_text(made)));
  co_return ok();
}

Task<Result<void>> move_home(JournalConsole& console) {
  CO_ASSIGN_OR_RETURN(JournalUrl from, typed_journal(console.asked().source));
  CO_ASSIGN_OR_RETURN(JournalUrl to, typed_journal(console.asked().journal));
  TransferOptions options;
  options.writer_name = "varve journal format --from";
  options.host = host_name();
  CO_ASSIGN_OR_RETURN(const Transferred moved,
                      co_await move_journal(console.seams(), std::move(from), std::move(to), std::move(options), console));
  if (moved.moved_before) {
    console.step("it was moved there before: nothing is to be done");
    co_return ok();
  }
  console.step(
      fmt::format("moved: namespace {}, txids {} to {}; start the resource manager with the address {} from now on, and never again "
                  "with {}",
                  to_hex(moved.namespace_id), moved.first.value, moved.end.txid.value, console.asked().journal, console.asked().source));
  co_return ok();
}

}  // namespace

Task<void> journal_format(JournalConsole& console) {
  const bool moves = !console.asked().source.empty();
  auto doing = moves ? move_home : make_new;
  const Result<void> done = co_await doing(console);
  if (!done) console.problem(done.error());
}

}  // namespace varve
