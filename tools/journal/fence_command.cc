#include "tools/journal/fence_command.h"

#include <fmt/format.h>

#include "base/real/host_name.h"
#include "base/result.h"
#include "journal/fencing.h"
#include "tools/json_writer.h"

namespace varve {

namespace {

void print_json(JournalConsole& console, const Fenced& fenced) {
  JsonWriter json(console.out());
  json.begin_object();
  json.field("epoch", fenced.epoch.value);
  json.field("ended_epoch", fenced.highest.value);
  json.field("last_txid", fenced.end.txid.value);
  json.end_object();
  json.end_line();
}

Task<Result<void>> fence(JournalConsole& console) {
  CO_ASSIGN_OR_RETURN(JournalUrl url, typed_quorum(console.asked().journal));
  std::string host = host_name();
  CO_ASSIGN_OR_RETURN(const Fenced fenced,
                      co_await fence_quorum(console.seams(), std::move(url), "varve journal fence", std::move(host), CandidacyOptions()));
  if (console.json()) {
    print_json(console, fenced);
    co_return ok();
  }
  console.step(fmt::format("epoch {} is taken: a majority of the voters takes nothing of an older writer any more", fenced.epoch.value));
  console.step(fenced.highest.value == 0
                   ? std::string("nobody had written before")
                   : fmt::format("ended: epoch {} and all below; the log ends at txid {}", fenced.highest.value, fenced.end.txid.value));
  co_return ok();
}

}  // namespace

Task<void> journal_fence(JournalConsole& console) {
  const Result<void> done = co_await fence(console);
  if (!done) console.problem(done.error());
}

}  // namespace varve
