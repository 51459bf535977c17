// Reads what a log's directory holds and judges it by the recovery table. Changes nothing.
#pragma once

#include <kj/memory.h>

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/disk.h"
#include "base/task.h"
#include "editlog/configuration_history.h"
#include "editlog/damaged_range.h"
#include "editlog/directory_survey.h"
#include "editlog/frame_ends.h"
#include "editlog/local_log_options.h"
#include "editlog/recovery_table.h"
#include "editlog/segment_scan.h"
#include "editlog/slots.h"

namespace varve {

// A finalized segment whose ends are good; its frames are verified when they are read.
struct FinalSegment {
  SegmentHeader header;
  LogPosition last;
  std::uint64_t bytes = 0;
  std::uint64_t frames_end = 0;
};

// A segment in progress, and what is to be done about it.
struct OpenSegment {
  SegmentName name;
  SegmentScan scan;
  RecoveryDecision decision = RecoveryDecision::kKeep;  // kKeep and kCopy of the newest; kFinalize
  bool damaged = false;                                 // what is not copied is kept aside
};

// What recovery has to do.
struct RecoveryPlan {
  bool tail_lost = false;                                                       // to be said in the slots before anything else
  std::optional<std::string> write_anew;                                        // damaged, and the end of the log is in it
  std::vector<std::string> set_aside;                                           // damaged files without a frame that the log goes on with
  std::vector<std::string> remove;                                              // in this order
  std::vector<std::variant<FinalSegment, OpenSegment, DamagedRange>> segments;  // in order
  LogPosition end;                                                              // the last proven frame
  LogPosition committed;                                                        // the highest one known to be committed
  ConfigurationHistory configurations;
  std::vector<std::string> ignored;
};

// Errors: kIo, and the refusals of docs/recovery.md; with DamagePolicy::kServe only those that no other copy mends.
Task<Result<RecoveryPlan>> inspect_log(Directory& directory, DirectorySurvey found, SlotState state, const LocalLogOptions& options);

}  // namespace varve
