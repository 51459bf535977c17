// The slots of a journal directory, only looked at: Slots::open() opens them for writing.
#pragma once

#include "base/disk.h"
#include "base/task.h"
#include "editlog/slots.h"

namespace varve {

// The better slot. Errors: kNotFound, kIo; kDamaged or kNewerLayout when neither is valid.
Task<Result<SlotState>> read_slots(Directory& directory);

}  // namespace varve
