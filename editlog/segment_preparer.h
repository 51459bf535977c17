// Keeps one segment file prepared ahead of its use, so that a roll costs no fill; makes larger ones on demand.
//
// Owns:    the prepared file and the work on the next one; the space reserve.
// Threads: the event loop's.
// Errors:  none is final. kNoSpace when a new file would touch what is reserved: nothing is left behind, later calls may succeed.
#pragma once

#include <kj/async.h>

#include <optional>
#include <vector>

#include "base/seams.h"
#include "base/task.h"
#include "editlog/prepared_segment.h"
#include "editlog/space_reserve.h"

namespace varve {

struct SegmentPreparerOptions {
  Uuid namespace_id;
  std::uint64_t file_bytes = 0;  // the usual size
  std::uint64_t reserve_bytes = 0;
  bool direct = false;
};

class SegmentPreparer {
 public:
  SegmentPreparer(Seams seams, Directory& directory, SegmentPreparerOptions options);

  // In the background, unless one is ready or under way; the reserve first.
  void prepare_ahead();

  // One for each of these sizes (or larger), or an error and none. One call at a time.
  Task<Result<std::vector<PreparedSegment>>> take(std::vector<std::uint64_t> file_bytes);

  // One of this size for what must be written on a full disk too, if need be with the space of the reserve.
  Task<Result<PreparedSegment>> take_reserved(std::uint64_t file_bytes);

  // Ends the work in the background; what is half made is removed by the next open.
  void stop();

  bool ready() const { return ready_.has_value(); }

 private:
  Task<void> work_ahead();
  Task<Result<PreparedSegment>> make(std::string name, std::uint64_t file_bytes);
  Task<Result<PreparedSegment>> prepare(std::string name, std::uint64_t file_bytes);
  Task<void> give_up(std::vector<PreparedSegment> made);

  Seams seams_;
  Directory& directory_;
  SegmentPreparerOptions options_;
  SpaceReserve reserve_;
  std::optional<PreparedSegment> ready_;
  bool complained_ = false;  // about no space; said once until it is over
  bool working_ = false;
  std::optional<kj::ForkedPromise<void>> ahead_;  // the work in the background
};

}  // namespace varve
