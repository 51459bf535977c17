// `varve image cat`: every record of an image, in order, one line each.
#pragma once

#include "base/task.h"
#include "tools/viewer.h"

namespace varve {

// Of a directory: its newest image. --json: {"section":"applications","record":{...}}.
Task<void> image_cat(Viewer& viewer);

}  // namespace varve
