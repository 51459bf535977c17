// The segments of older epochs that stand before an epoch's own log.
//
// They are found backwards from where that log begins: each begins with the digest of the frame before it, and whatever file of a lower
// epoch ends with that frame is the one before. Copies of the same frames may stand in several epochs; any will do.
#pragma once

#include <vector>

#include "base/task.h"
#include "editlog/local_log_options.h"
#include "editlog/segment_format.h"
#include "journal/shared_directory.h"

namespace varve {

struct SharedSegment {
  Epoch epoch;  // in whose directory it stands
  SegmentName name;
  SegmentHeader header;
  LogPosition last;              // as far as it counts: behind it there may be frames that never were
  std::uint64_t frames_end = 0;  // the same as an offset
  std::uint64_t bytes = 0;       // of the file

  SegmentInfo info() const { return {{name.first, last.txid}, last.txid, bytes}; }
};

// What stands before the first of them; `base` when there is none.
LogPosition start_of(const std::vector<SharedSegment>& segments, LogPosition base);

// Oldest first. Errors: kDamaged when one is missing that no purge has taken.
Task<Result<std::vector<SharedSegment>>> find_history(SharedDirectory& shared, SharedEpochRecord record);

}  // namespace varve
