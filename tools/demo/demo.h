// The main job before a newcomer's eyes: a resource manager is killed again and again, and its state is compared each time with what was
// acknowledged, which is kept outside the killed process.
#pragma once

#include "tools/demo/demo_options.h"
#include "varve/error.h"

namespace varve {

// True when nothing was lost and nothing was wrong.
Result<bool> run_demo(const DemoOptions& options);

}  // namespace varve
