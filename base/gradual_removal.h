// Removing a large file without holding up those who write to the same file system: ext4 takes 0.3 ms to free each MiB, and a log's
// durable write may have to wait for all of it.
#pragma once

#include <string>

#include "base/clock.h"
#include "base/disk.h"
#include "base/task.h"

namespace varve {

// Cuts the file shorter step by step, resting between the steps, and removes its name. Whoever has it open sees it shrink, and so may a
// crash leave it: its name must already mean nothing. Not durable before directory.sync().
Task<Result<void>> remove_gradually(Directory& directory, std::string name, Clock& clock);

}  // namespace varve
