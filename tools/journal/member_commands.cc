#include "tools/journal/member_commands.h"

#include "base/result.h"
#include "journal/member_change.h"

namespace varve {

namespace {

Task<Result<void>> add(MemberChange& change, const JournalOptions& asked) {
  co_return co_await change.add(asked.words[0]);
}

Task<Result<void>> remove(MemberChange& change, const JournalOptions& asked) {
  co_return co_await change.remove(asked.words[0], asked.force);
}

Task<Result<void>> replace(MemberChange& change, const JournalOptions& asked) {
  co_return co_await change.replace(asked.words[0], asked.words[1]);
}

using Changing = Task<Result<void>> (*)(MemberChange&, const JournalOptions&);

Task<void> run(JournalConsole& console, Changing changing) {
  auto url = typed_quorum(console.asked().journal);
  if (!url) {
    console.problem(url.error());
    co_return;
  }
  MemberChange change(console.seams(), std::move(*url), MemberChangeOptions(), console);
  const Result<void> done = co_await changing(change, console.asked());
  if (!done) console.problem(done.error());
}

}  // namespace

Task<void> journal_add(JournalConsole& console) {
  return run(console, add);
}

Task<void> journal_remove(JournalConsole& console) {
  return run(console, remove);
}

Task<void> journal_replace(JournalConsole& console) {
  return run(console, replace);
}

}  // namespace varve
