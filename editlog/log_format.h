// Makes a directory a new log.
#pragma once

#include "base/disk.h"
#include "base/task.h"
#include "editlog/slots.h"
#include "varve/error.h"

namespace varve {

// See LocalLog::format() and LocalLog::is_formatted().
Task<Result<void>> format_log(Directory& directory, SlotState state);
Task<Result<bool>> log_is_formatted(Directory& directory);

}  // namespace varve
