// Whether a log in a directory is a journal of its own, or a copy of one that lives elsewhere.
#pragma once

#include "editlog/local_log.h"

namespace varve {

// True when the newest configuration in the log names the log's own disk.
bool names_own_disk(const LocalLog& log);

}  // namespace varve
