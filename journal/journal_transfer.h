// Copies a journal: into a directory for the offline viewers, or as a whole to another home, from a directory to a quorum and back.
//
// The copy begins where the source begins and holds the same frames, byte for byte. A move then appends the first frames of a reign of its
// own, which make the new home's disks the voters; images of the namespace stay valid. Until these frames are on every new disk nobody can
// write there: the configuration at the start names others.
//
// Threads: the event loop's.
// Errors:  what was copied stays; the same call again goes on where it ended.
#pragma once

#include <chrono>
#include <string>

#include "base/seams.h"
#include "base/task.h"
#include "editlog/local_log_options.h"
#include "journal/journal_url.h"
#include "journal/quorum_journal.h"
#include "journal/work_watcher.h"

namespace varve {

struct TransferOptions {
  LocalLogOptions log;  // of the directory at either end
  QuorumOptions quorum;
  std::chrono::nanoseconds node_patience = std::chrono::seconds(30);  // of a node that is filled
  std::uint64_t batch_bytes = 4u << 20;
  std::string writer_name = "varve journal";
  std::string host;
};

struct Transferred {
  Uuid namespace_id;
  TxId first;        // in the copy
  LogPosition from;  // held before
  LogPosition end;   // of the source
  bool moved_before = false;
};

// The committed frames of `from`, which goes on meanwhile if it is a quorum, into the directory: a log that LocalLog::open() and the
// viewers take, and that no resource manager can be started on, since its configuration does not name it.
Task<Result<Transferred>> fetch_journal(Seams seams, JournalUrl from, std::string directory, TransferOptions options, WorkWatcher& watcher);

// From a directory to a quorum, or from a quorum to a directory. A directory must not be in use; a quorum is fenced first.
Task<Result<Transferred>> move_journal(Seams seams, JournalUrl from, JournalUrl to, TransferOptions options, WorkWatcher& watcher);

}  // namespace varve
