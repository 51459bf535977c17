// Puts proven frames of a segment in progress into a new file, durably, and lets it take the old one's name.
//
// Errors: kNoSpace when even the reserve is not enough; the old file is then as it was.
#pragma once

#include <kj/memory.h>

#include "base/seams.h"
#include "base/task.h"
#include "editlog/segment_contents.h"
#include "editlog/segment_writer.h"

namespace varve {

// Which frames: those up to an offset.
struct FramesToCopy {
  SegmentHeader header;
  std::uint64_t end_offset = kFramesOffset;
  LogPosition last;
  std::uint64_t bytes() const { return end_offset - kFramesOffset; }
};
FramesToCopy all_frames(const SegmentContents& contents);

// Into a file that is prepared already. The writer goes on behind the last frame.
Task<Result<kj::Own<SegmentWriter>>> copy_segment(Directory& directory, File& source, FramesToCopy frames, PreparedSegment prepared);

// Into one that recovery makes, with the reserve's space if need be.
class SegmentCopy {
 public:
  SegmentCopy(Seams seams, Directory& directory, bool direct, std::uint64_t usual_bytes)
      : seams_(seams), directory_(directory), direct_(direct), usual_bytes_(usual_bytes) {}

  // `name` is the file's.
  Task<Result<kj::Own<SegmentWriter>>> make(std::string name, FramesToCopy frames);

 private:
  Task<Result<PreparedSegment>> prepare(FramesToCopy frames);
  Task<Result<PreparedSegment>> prepare_file(Uuid namespace_id, std::uint64_t file_bytes);

  Seams seams_;
  Directory& directory_;
  bool direct_;
  std::uint64_t usual_bytes_;
};

}  // namespace varve
