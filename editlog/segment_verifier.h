// Verifies every byte of one segment file, offline. Changes nothing.
#pragma once

#include <optional>

#include "base/disk.h"
#include "base/task.h"
#include "editlog/log_findings.h"
#include "editlog/segment_format.h"
#include "editlog/segment_names.h"

namespace varve {

// Where the segment stands in its log.
struct SegmentPlace {
  SegmentName name;
  Uuid namespace_id;
  std::uint64_t lineage = 0;
  std::optional<TxId> next;  // where the segment after it begins; absent: the newest
  TxId mark;                 // the slots' closing mark
};

struct SegmentVerdict {
  std::optional<SegmentHeader> header;  // when it is good
  std::optional<LogPosition> last;      // of the last frame, when all frames are good
  std::uint64_t frames = 0;
  std::uint64_t transactions = 0;
};

// Errors: only what kept the file from being read. `findings` outlives the task.
Task<Result<SegmentVerdict>> verify_segment(File& file, SegmentPlace place, LogFindings& findings);

}  // namespace varve
