// One segment file opened to be looked at, alone: whatever its name, in progress or finalized, of any namespace.
#pragma once

#include <kj/memory.h>

#include <optional>
#include <string>

#include "base/task.h"
#include "editlog/segment_file.h"
#include "editlog/segment_reader.h"

namespace varve {

class SegmentView {
 public:
  // The head must be good. Errors: kIo, kNotFound, kDamaged, kForeign (not a segment), kNewerLayout.
  static Task<Result<kj::Own<SegmentView>>> open(Directory& directory, std::string name);
  SegmentView(kj::Own<File> file, SegmentHead head) : file_(kj::mv(file)), head_(std::move(head)) {}

  File& file() { return *file_; }
  const std::string& path() const { return file_->path(); }
  const SegmentHead& head() const { return head_; }
  bool in_progress() const { return head_.preallocation.has_value(); }
  // Of a finalized one, unless it is damaged.
  const std::optional<SegmentFooter>& footer() const { return footer_; }
  const std::optional<Error>& footer_damage() const { return footer_damage_; }

  // All its frames.
  SegmentRange frames() const;
  // The frames from about `txid` on, when the index can tell where they are; else all.
  SegmentRange frames_from(TxId txid) const;

 private:
  kj::Own<File> file_;
  SegmentHead head_;
  std::optional<SegmentFooter> footer_;
  std::optional<Error> footer_damage_;
};

}  // namespace varve
