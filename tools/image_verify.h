// `varve image verify`: every byte of images.
#pragma once

#include "base/task.h"
#include "tools/viewer.h"

namespace varve {

// A line for each image and a summary; --json: an object for each image.
Task<void> image_verify(Viewer& viewer);

}  // namespace varve
