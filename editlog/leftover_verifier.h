// Verifies the files of a log's directory that hold no acknowledged frames: the reserve, and segments prepared ahead.
#pragma once

#include <string>

#include "base/disk.h"
#include "base/task.h"
#include "editlog/log_findings.h"
#include "varve/types.h"

namespace varve {

// All zeros. `findings` outlives the task, here and below.
Task<Result<void>> verify_zeros(File& file, std::string name, LogFindings& findings);

// A prepared segment: its record, unwritten space; perhaps not filled to its end (a note), perhaps with first frames that never got their
// name (a note).
Task<Result<void>> verify_prepared(File& file, std::string name, Uuid namespace_id, LogFindings& findings);

}  // namespace varve
