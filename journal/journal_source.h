// What a journal is copied from. Held until the copy is complete: nobody else writes to it meanwhile, where that was asked for.
//
// Threads: the event loop's.
#pragma once

#include <kj/memory.h>

#include <optional>

#include "base/seams.h"
#include "base/task.h"
#include "editlog/local_log.h"
#include "journal/journal_url.h"
#include "journal/quorum_journal.h"
#include "journal/work_watcher.h"

namespace varve {

class JournalSource {
 public:
  virtual ~JournalSource() noexcept(false) {}

  virtual Uuid namespace_id() const = 0;
  virtual std::uint64_t lineage() const = 0;
  virtual const LogStart& start() const = 0;
  virtual LogPosition end() const = 0;      // everything up to here is committed
  virtual TxId highest_txid() const = 0;    // that any copy holds, committed or not
  virtual Epoch highest_epoch() const = 0;  // promised, or in the log
  virtual kj::Promise<Result<kj::Own<LogReader>>> read_after(LogPosition after) = 0;
  // Why it is not held any more; nullopt: it is.
  virtual std::optional<Error> lost() const = 0;
  // Of a journal in a directory: its log; nullptr of a quorum.
  virtual LocalLog* log() = 0;
};

// The log in a directory, locked. Errors: kNotFound: there is none; kLocked: it is in use; those of LocalLog::open().
Task<Result<kj::Own<JournalSource>>> open_directory_source(Seams seams, std::string path, LocalLogOptions options);

struct ReignFor {
  std::string name;
  std::string host;
};
// A quorum, as far as it is known to be committed. With `reign` it becomes the writer first, so that everything acknowledged before is
// committed, and nobody else writes while it is read.
Task<Result<kj::Own<JournalSource>>> open_quorum_source(Seams seams, JournalUrl url, QuorumOptions options, std::optional<ReignFor> reign,
                                                        WorkWatcher& watcher);

}  // namespace varve
