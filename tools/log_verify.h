// `varve log verify`: every byte of a journal directory, or of single segments.
#pragma once

#include "base/task.h"
#include "tools/viewer.h"

namespace varve {

// A line for each finding and a summary; --json: an object for each finding, then one for the summary.
Task<void> log_verify(Viewer& viewer);

}  // namespace varve
