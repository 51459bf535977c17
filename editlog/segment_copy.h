// Puts the proven frames of a segment in progress into a new file, durably, and lets it take the old one's name.
//
// Errors: kNoSpace when even the reserve is not enough; the old file is then as it was.
#pragma once

#include <kj/memory.h>

#include "base/seams.h"
#include "base/task.h"
#include "editlog/segment_scan.h"
#include "editlog/segment_writer.h"

namespace varve {

class SegmentCopy {
 public:
  SegmentCopy(Seams seams, Directory& directory, bool direct, std::uint64_t usual_bytes)
      : seams_(seams), directory_(directory), direct_(direct), usual_bytes_(usual_bytes) {}

  // `name` is the file's; the writer goes on behind the last frame.
  Task<Result<kj::Own<SegmentWriter>>> make(std::string name, const SegmentScan& scan);

 private:
  Task<Result<PreparedSegment>> prepare(const SegmentScan& scan);
  Task<Result<PreparedSegment>> prepare_file(Uuid namespace_id, std::uint64_t file_bytes);
  Task<Result<void>> copy_frames(std::string name, const SegmentScan& scan, SegmentWriter& writer);

  Seams seams_;
  Directory& directory_;
  bool direct_;
  std::uint64_t usual_bytes_;
};

}  // namespace varve
