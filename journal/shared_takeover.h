// Becoming the writer in a shared directory: takes an epoch, and gives it a log of its own that continues the one before.
//
// The new log begins where the finalized segments of the older one end, and repeats its unfinished ones as far as they are proven: what
// the older writer still adds to its files is never looked at again. See docs/shared-directory.md.
#pragma once

#include <kj/memory.h>

#include "base/task.h"
#include "editlog/local_log.h"
#include "journal/shared_directory.h"
#include "journal/shared_predecessor.h"
#include "journal/shared_reign.h"

namespace varve {

class SharedTakeover {
 public:
  SharedTakeover(SharedDirectory& shared, LocalLogOptions options, Uuid writer) : shared_(shared), options_(options), writer_(writer) {}

  // When it resolves, the copy is durable in the new epoch's log; the EpochStart is still to be appended.
  // Errors: kFenced: another process took a higher epoch meanwhile; kDamaged and the others of opening a log; kNoSpace.
  Task<Result<kj::Own<SharedReign>>> run();

 private:
  Task<Result<kj::Own<SharedEpochFile>>> claim();
  Task<Result<kj::Own<LocalLog>>> take_over(SharedEpochFile& file);
  Task<Result<kj::Own<LocalLog>>> create_log();
  Task<Result<void>> copy_unfinished(LocalLog& log);
  Task<Result<void>> copy_segment(LocalLog& log, TxId first, LogPosition last, std::uint64_t frames_end);
  Task<Result<kj::Own<File>>> open_segment(TxId first);
  Error fenced_by(Epoch newer) const;

  SharedDirectory& shared_;
  const LocalLogOptions options_;
  const Uuid writer_;
  SharedEpochRecord record_;
  std::optional<SharedPredecessor> predecessor_;
  LogStart base_;
};

}  // namespace varve
