// `varve log cat`: every transaction of segments, in order, one line each.
#pragma once

#include "base/task.h"
#include "tools/viewer.h"

namespace varve {

// Prints what is proven and says where that ends: a torn tail is a note, damage a problem; the segments behind it are printed too.
Task<void> log_cat(Viewer& viewer);

}  // namespace varve
