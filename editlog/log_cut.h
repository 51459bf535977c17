// Takes away the files, or the parts of them, above a cut point; the slots hold the cut meanwhile.
//
// Durable: shorten(), when it resolves.
// Errors:  prepare(): kNoSpace, with nothing changed. Any other leaves the rest of the work to the next open.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "base/task.h"
#include "editlog/segment_copy.h"
#include "editlog/segment_list.h"
#include "editlog/segment_preparer.h"

namespace varve {

class LogCut {
 public:
  // Precondition: `holding`, when there is one, holds the cut point `to`, and frames up to there end at `end_offset` in it.
  LogCut(Directory& directory, SegmentList& segments, SegmentPreparer& preparer, LogPosition to, std::shared_ptr<LogSegment> holding,
         std::uint64_t end_offset);

  // The space for the copy. Nothing has changed when it fails.
  Task<Result<void>> prepare(std::uint64_t usual_bytes);
  // In the list: what is above the cut is of the log no more.
  void take_back();
  // The files.
  Task<Result<void>> shorten();

 private:
  bool copies() const { return holding_ && !holding_->finalized(); }

  Directory& directory_;
  SegmentList& segments_;
  SegmentPreparer& preparer_;
  LogPosition to_;
  FramesToCopy kept_;  // of the segment that holds the cut point
  std::shared_ptr<LogSegment> holding_;
  std::optional<PreparedSegment> prepared_;
  std::vector<std::shared_ptr<LogSegment>> dropped_;
};

// Removes these files, in this order, durably. One that is missing already is not missed.
Task<Result<void>> remove_segment_files(Directory& directory, std::vector<std::shared_ptr<LogSegment>> segments);

}  // namespace varve
