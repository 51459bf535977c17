// `varve image stat`: what images are of and what they hold, from their heads and tables of contents.
#pragma once

#include "base/task.h"
#include "tools/viewer.h"

namespace varve {

// --json: one object for each image.
Task<void> image_stat(Viewer& viewer);

}  // namespace varve
