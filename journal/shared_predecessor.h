// Finds the log that a new writer in a shared directory continues, and looks at it without changing anything.
#pragma once

#include <kj/memory.h>

#include <optional>

#include "base/disk.h"
#include "base/task.h"
#include "editlog/log_inspection.h"
#include "editlog/slots.h"
#include "journal/shared_directory.h"

namespace varve {

// The log of one epoch as its directory shows it.
struct SharedPredecessor {
  SharedEpochRecord record;
  kj::Own<Directory> directory;
  LogStart log_start;  // of the epoch's own log
  RecoveryPlan plan;   // what is proven of it

  // Where the whole log begins.
  LogPosition start() const { return record.has_older_segments() ? record.start : log_start.position; }
  // The end of the finalized segments that nothing unfinished stands before.
  LogPosition finalized_end() const;
};

// The highest epoch below `below` that has begun: of whose own frames at least one is proven. Nothing: there is none.
// Its writer may be at work: what it appends meanwhile is seen or not; a file that it renames meanwhile is looked for again.
// Errors: kDamaged and the others of recovery (docs/recovery.md), also when what was announced as committed is not there.
Task<Result<std::optional<SharedPredecessor>>> find_predecessor(SharedDirectory& shared, Epoch below);

}  // namespace varve
