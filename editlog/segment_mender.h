// Writes a damaged range of a log anew from good frames, segment by segment, beside the files that are there; then changes them over.
//
// Owns:    the new files, under temporary names, until they are in place.
// Durable: put_in_place(), when it resolves. A crash on the way leaves the damage as it was, or mended, and the old files aside.
// Errors:  write(): kRefused, the frames are not those; kNoSpace. Nothing has changed then but for temporary files: discard().
#pragma once

#include <string>
#include <vector>

#include "base/seams.h"
#include "base/task.h"
#include "editlog/frame_chain.h"
#include "editlog/frame_ends.h"
#include "editlog/local_log.h"
#include "editlog/segment_contents.h"

namespace varve {

// One segment of the range.
struct MendedSegment {
  SegmentContents contents;
  std::vector<FrameEnd> ends;  // of its frames
  std::vector<LogConfiguration> configurations;
  std::string temporary_name;
  std::string name;
  std::uint64_t bytes = 0;  // of the file
  bool finalized = false;
};

class SegmentMender {
 public:
  // `finalized`: all of it is committed, so each segment gets its index and trailer; else it stays in progress, in a file of that size or
  // larger.
  SegmentMender(Seams seams, Directory& directory, DamagedSegment range, Uuid namespace_id, std::uint64_t lineage, bool finalized,
                std::uint64_t file_bytes)
      : seams_(seams),
        directory_(directory),
        range_(std::move(range)),
        namespace_id_(namespace_id),
        lineage_(lineage),
        finalized_(finalized),
        file_bytes_(file_bytes),
        chain_(range_.before, lineage) {}

  // Takes frames until the range is whole, and proves that they are what stood there: they chain at both ends.
  Task<Result<void>> write(LogReader& good);
  Task<void> discard();
  // `old_files` go aside.
  Task<Result<void>> put_in_place(std::vector<std::string> old_files);

  const std::vector<MendedSegment>& segments() const { return mended_; }

 private:
  bool whole() const { return chain_.next_txid() > range_.last.txid; }
  std::optional<std::string> objection(const FrameView& frame) const;
  Error refusal(std::string_view why) const;
  Task<Result<void>> take(FrameView frame);
  Task<Result<void>> begin_segment(FrameHeader first);
  Task<Result<void>> finish_segment();
  Task<Result<void>> keep_aside(std::string name);
  Task<Result<void>> write_room(std::uint64_t frames_end, std::uint64_t file_bytes);

  Seams seams_;
  Directory& directory_;
  DamagedSegment range_;
  Uuid namespace_id_;
  std::uint64_t lineage_;
  bool finalized_;
  std::uint64_t file_bytes_;
  FrameChain chain_;
  std::vector<MendedSegment> mended_;
  kj::Own<File> file_;  // of the last of them
};

}  // namespace varve
