#include "tools/journal/fetch_command.h"

#include <fmt/format.h>

#include "base/digest.h"
#include "base/result.h"
#include "base/uuid.h"
#include "journal/journal_transfer.h"
#include "tools/json_writer.h"

namespace varve {

namespace {

void print_json(JournalConsole& console, const Transferred& fetched) {
  JsonWriter json(console.out());
  json.begin_object();
  json.field("namespace", to_hex(fetched.namespace_id));
  json.field("first_txid", fetched.first.value);
  json.field("held_txid", fetched.from.txid.value);
  json.field("last_txid", fetched.end.txid.value);
  json.field("last_digest", to_hex(fetched.end.digest));
  json.end_object();
  json.end_line();
}

Task<Result<void>> fetch(JournalConsole& console) {
  CO_ASSIGN_OR_RETURN(JournalUrl from, typed_journal(console.asked().journal));
  CO_ASSIGN_OR_RETURN(JournalUrl to, typed_journal(console.asked().words.front()));
  if (to.kind != JournalUrl::Kind::kFile)
    co_return fail(ErrorCode::kInvalidArgument, fmt::format("\"{}\" is no directory", console.asked().words.front()));
  CO_ASSIGN_OR_RETURN(const Transferred fetched,
                      co_await fetch_journal(console.seams(), std::move(from), to.path, TransferOptions(), console));
  if (console.json()) {
    print_json(console, fetched);
  } else if (fetched.from.txid >= fetched.end.txid) {
    console.step(fmt::format("{} held everything already, up to txid {}", to.path, fetched.from.txid.value));
  } else {
    console.step(fmt::format(
        "{}: txids {} to {}{}", to.path, fetched.first.value, fetched.end.txid.value,
        fetched.from.txid.value >= fetched.first.value ? fmt::format(", up to {} from an earlier run", fetched.from.txid.value) : ""));
  }
  co_return ok();
}

}  // namespace

Task<void> journal_fetch(JournalConsole& console) {
  const Result<void> done = co_await fetch(console);
  if (!done) console.problem(done.error());
}

}  // namespace varve
