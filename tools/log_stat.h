// `varve log stat`: whose a log is and what its segments hold.
#pragma once

#include "base/task.h"
#include "tools/viewer.h"

namespace varve {

// A line for each segment, one for the directory before. --json: an object each.
Task<void> log_stat(Viewer& viewer);

}  // namespace varve
