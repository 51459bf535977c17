// What stands behind the frames of a segment in progress, judged as recovery would.
#pragma once

#include <optional>
#include <string>

#include "base/disk.h"
#include "base/task.h"
#include "tools/segment_view.h"

namespace varve {

// A note when the tail is torn (an unfinished write, never acknowledged); nothing when there is only unwritten space. The marks that count
// are those in the file itself and, where they can be read, in the directory's slots. Errors: damage; kIo.
// Precondition: no other segment follows.
Task<Result<std::optional<std::string>>> judge_tail(Directory& directory, SegmentView& segment);

}  // namespace varve
