// Opens a log's directory after whatever happened to it: reads, judges (log_inspection.h), and then carries the decisions out.
//
// Durable: when it returns, everything that it returns.
// Errors:  kDamaged, kForeign, kNewerLayout, kNotFound: nothing was changed. Others may leave some steps done; all can be repeated.
#pragma once

#include <kj/memory.h>

#include <optional>

#include "base/seams.h"
#include "base/task.h"
#include "editlog/configuration_history.h"
#include "editlog/frame_ends.h"
#include "editlog/local_log_options.h"
#include "editlog/log_inspection.h"
#include "editlog/segment_list.h"
#include "editlog/slots.h"

namespace varve {

struct RecoveredLog {
  kj::Own<Slots> slots;
  SegmentList segments;
  LogPosition end;
  LogPosition committed;
  ConfigurationHistory configurations;
  FrameEnds uncommitted;  // durable frames above it
  LocalLogRecovery report;
};

// Precondition: the directory is locked by the caller.
Task<Result<RecoveredLog>> recover_log(Seams seams, Directory& directory, LocalLogOptions options, std::optional<Uuid> expected_namespace);

// The size of the segments that these options ask for.
std::uint64_t usual_segment_bytes(const LocalLogOptions& options);

}  // namespace varve
