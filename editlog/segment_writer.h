// Appends frames to one segment in progress, and finalizes it.
//
// Owns:      the file handle; the running index.
// Threads:   the event loop's. One operation at a time.
// Durable:   append(): its frames, when it resolves. publish(), finalize(): content and name, when they resolve.
// Errors:    an I/O error is final (failure()): the writer refuses all further work; recover by reopening the log. So is dropping an
//            operation while it is under way.
// Invariant: contents().end() + footer fits into the preallocated space, so finalizing never needs new space.
//
//   new segment:    begin(prepared, header) -> append(...) -> publish(directory)      (open_new() does all three)
//   recovery copy:  begin(prepared, header) -> append(...)... -> publish(directory)   (replaces the old file of that name)
//   reopened:       resume(file, name, contents, file_bytes)
#pragma once

#include <kj/memory.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/disk.h"
#include "base/task.h"
#include "editlog/frame.h"
#include "editlog/log_reader.h"
#include "editlog/prepared_segment.h"
#include "editlog/segment_contents.h"
#include "editlog/segment_format.h"

namespace varve {

class SegmentWriter {
 public:
  // Writes the header into the prepared file, durably. The file keeps its temporary name until publish().
  // Precondition: prepared.namespace_id() == header.namespace_id.
  static Task<Result<kj::Own<SegmentWriter>>> begin(PreparedSegment prepared, SegmentHeader header);

  // begin(), append() and publish(). Precondition: frames is not empty and its first frame rolls.
  static Task<Result<kj::Own<SegmentWriter>>> open_new(Directory& directory, PreparedSegment prepared, SegmentHeader header,
                                                       std::vector<FramePtr> frames, RunOn where = RunOn::kDiskThread);

  // Goes on behind contents.end() in a file that a scan has verified, and whose every sector from there on is unwritten (or the footer of
  // an unfinished finalize: then only finalize() may follow). `name` is the file's name in its directory.
  static kj::Own<SegmentWriter> resume(kj::Own<File> file, std::string name, SegmentContents contents, std::uint64_t file_bytes);

  // Writes the frames behind end(), in order, with one sync for all; when one is above kBlockBytesMax, in blocks of that.
  // Precondition: they chain to last(), and take at most space() bytes.
  Task<Result<void>> append(std::vector<FramePtr> frames, RunOn where = RunOn::kDiskThread);
  Task<Result<void>> append_views(std::vector<FrameView> frames);

  // Renames the file to edits_inprogress_<first> (replacing what has that name) and syncs the directory.
  Task<Result<void>> publish(Directory& directory);

  // Writes index and trailer, syncs; zeros the preallocation record, cuts the file behind the trailer, syncs; renames to
  // edits_<first>-<last> and syncs the directory. A crash on the way leaves a file on which the same steps can be taken again:
  // the record goes only when the trailer is durable. Precondition: published, not empty. Afterwards only file() is of use.
  Task<Result<void>> finalize(Directory& directory);

  const SegmentContents& contents() const { return contents_; }
  const std::string& name() const { return name_; }
  TxId durable_txid() const { return contents_.last().txid; }
  const LogPosition& last() const { return contents_.last(); }
  std::uint64_t end() const { return contents_.end(); }  // offset behind the last durable frame
  std::uint64_t file_bytes() const { return file_bytes_; }
  std::uint64_t space() const;  // bytes that frames may still take
  bool finalized() const { return finalized_; }
  const std::optional<Error>& failure() const { return failure_; }
  File& file() { return *file_; }
  // Readers that outlive the writer share the handle.
  std::shared_ptr<File> share_file() const { return file_; }

  void check_invariants() const;

  SegmentWriter(kj::Own<File> file, std::string name, SegmentContents contents, std::uint64_t file_bytes);

 private:
  class Operation;
  Task<Result<void>> write_frames(const std::vector<const FrameHeader*>& headers, const std::vector<Bytes>& pieces, RunOn where);
  Task<Result<void>> write_pieces(const std::vector<Bytes>& pieces, RunOn where);
  Task<Result<void>> write_footer();
  Task<Result<void>> clear_preallocation();
  Task<Result<void>> rename_to_final(Directory& directory);
  std::optional<Error> refusal() const;
  void check_chain(const std::vector<const FrameHeader*>& headers) const;

  std::shared_ptr<File> file_;
  std::string name_;
  SegmentContents contents_;
  std::uint64_t file_bytes_;
  bool under_way_ = false;
  bool finalized_ = false;
  std::optional<Error> failure_;
};

}  // namespace varve
