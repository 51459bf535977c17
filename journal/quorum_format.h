// Makes a new journal on journal nodes: protocol section 6, Format.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/seams.h"
#include "base/task.h"
#include "editlog/control.h"
#include "journal/journal_url.h"
#include "journal/wire.h"
#include "journal/work_watcher.h"

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
// `watcher` is told of each node; nullptr: nobody is.
Task<Result<Configuration>> format_quorum(Seams seams, JournalUrl url, FormatPlan plan, std::chrono::nanoseconds patience,
                                          WorkWatcher* watcher = nullptr);

struct HostedCopy {
  std::string address;
  wire::CopyState state;
};
// Every host of `url` gets a copy, empty, that begins where `like` begins (its namespace, lineage and start count), unless it has one with
// that beginning: then that one, whatever it holds. The configuration at the start does not name them. Errors: as format_quorum().
Task<Result<std::vector<HostedCopy>>> format_copies(Seams seams, JournalUrl url, wire::CopyState like, std::chrono::nanoseconds patience,
                                                    WorkWatcher& watcher);

// Makes an empty copy, with an identity drawn here, on the node at `address`, that begins where `like` begins: to be added as a learner.
// Gives its disk; that of an empty copy of this journal which an earlier call made and nobody used, when there is one. kExists: the node
// holds another journal of this name, or a copy that was used.
Task<Result<Uuid>> format_learner(Seams seams, std::string address, std::string journal, wire::CopyState like,
                                  std::chrono::nanoseconds patience);

}  // namespace varve
