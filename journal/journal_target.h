// What a journal is copied to: a directory, or copies on journal nodes. An interrupted copy is taken up again where it ended.
//
// Threads: the event loop's.
// Durable: what append() and finish() resolved with.
#pragma once

#include <kj/memory.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/seams.h"
#include "base/task.h"
#include "editlog/control.h"
#include "editlog/local_log.h"
#include "journal/journal_url.h"
#include "journal/work_watcher.h"

namespace varve {

// The history that is copied.
struct CopiedHistory {
  Uuid namespace_id;
  std::uint64_t lineage = 0;
  LogStart start;
};

class JournalTarget {
 public:
  virtual ~JournalTarget() noexcept(false) {}

  // Whoever it consists of, as voters.
  virtual const std::vector<Member>& members() const = 0;
  virtual Epoch highest_epoch() const = 0;
  // True when an earlier run has finished the move of a source whose copies hold nothing above `source_end`.
  virtual bool finished(TxId source_end) const = 0;
  // Takes away what an earlier run left above the source's end, and says behind which frame to go on. From now on `epoch` appends.
  // Errors: kExists: it holds more than the source, or another history.
  virtual kj::Promise<Result<LogPosition>> begin(Epoch epoch, Uuid writer, LogPosition source_end) = 0;
  // Frames of the source, committed there.
  virtual kj::Promise<Result<void>> append(std::vector<FramePtr> frames) = 0;
  // The last frames, of the epoch that begin() named: on all copies before any of them takes them for committed.
  virtual kj::Promise<Result<void>> finish(std::vector<FramePtr> frames) = 0;
  virtual kj::Promise<Result<void>> close() = 0;
  // Of a directory: its log; nullptr of journal nodes.
  virtual LocalLog* log() = 0;
};

// Frames that the move adds behind the source's end: SegmentStart, Configuration, EpochStart.
inline constexpr std::uint64_t kMoveFrames = 3;

// Formats the directory, which is missing or empty, or goes on with what an earlier run left. Errors: kExists: it holds another history.
Task<Result<kj::Own<JournalTarget>>> open_directory_target(Seams seams, std::string path, CopiedHistory history, LocalLogOptions options);

// The same on every node that `url` names; all must answer.
Task<Result<kj::Own<JournalTarget>>> open_quorum_target(Seams seams, JournalUrl url, CopiedHistory history,
                                                        std::chrono::nanoseconds patience, WorkWatcher& watcher);

}  // namespace varve
