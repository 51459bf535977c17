// What stood in a shared directory when it was last looked at as a whole.
#pragma once

#include <vector>

#include "base/task.h"
#include "editlog/local_log.h"
#include "journal/shared_directory.h"

namespace varve {

struct SharedView {
  LogPosition start;
  LogPosition end;        // of the newest log that has begun: everything committed is in it, and maybe more
  LogPosition committed;  // as far as it was announced
  Epoch epoch;            // of the newest log; 0: none has begun
  std::vector<SegmentInfo> segments;
  std::uint64_t torn_bytes = 0;  // behind the end

  std::uint64_t bytes() const;
};

// Errors: as find_predecessor() and find_history().
Task<Result<SharedView>> view_shared(SharedDirectory& shared);

}  // namespace varve
