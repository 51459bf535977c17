// Makes a new journal on journal nodes: protocol section 6, Format.
#pragma once

#include <chrono>

#include "base/seams.h"
#include "base/task.h"
#include "editlog/control.h"
#include "journal/journal_url.h"
#include "journal/wire.h"

namespace varve {

// Where a journal begins: a new one with nothing in it unless given.
struct FormatPlan {
  Uuid namespace_id;  // nil: drawn
  std::uint64_t lineage = 0;
  LogPosition start;  // txid 0: a new history
  std::uint32_t min_copies = 0;
};

// Every host of `url` answers, is another node than the others, and holds no journal of this name; then each gets the same start, as a
// voter. Run again over its own unfinished work it finishes it. Durable on every node when it returns; gives the members. Errors: kIo,
// kClosed: a node does not answer (all must); kExists: a node holds a journal of this name that is not this unfinished one.
Task<Result<Configuration>> format_quorum(Seams seams, JournalUrl url, FormatPlan plan, std::chrono::nanoseconds patience);

// Makes an empty copy, with an identity drawn here, on the node at `address`, that begins where `like` begins: to be added as a learner.
Task<Result<Uuid>> format_learner(Seams seams, std::string address, std::string journal, wire::CopyState like,
                                  std::chrono::nanoseconds patience);

}  // namespace varve
