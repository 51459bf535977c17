// Removes from a shared directory what our own reign needs no more.
#pragma once

#include <vector>

#include "base/task.h"
#include "journal/shared_directory.h"
#include "journal/shared_history.h"
#include "journal/shared_reign.h"

namespace varve {

// Takes the segments that end at or below `upto` from `older`, from the disk, and from our own log; the start is moved first, durably.
// Epochs of which nothing is left go with their files; their empty directories stay. Bytes freed.
// Precondition: `upto` is committed, and the reign was seen not to be over since it was.
Task<Result<std::uint64_t>> purge_shared(SharedDirectory& shared, SharedReign& reign, std::vector<SharedSegment>& older, TxId upto);

}  // namespace varve
