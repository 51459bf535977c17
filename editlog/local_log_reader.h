// Reads one local log while it grows, rolls, is finalized and purged.
//
// Owns:     an open handle on the segment that it stands in, so neither a rename nor a purge takes it away.
// Threads:  the event loop's. One next() at a time.
// Lifetime: directory, log and segments outlive the reader.
#pragma once

#include <memory>
#include <optional>

#include "base/disk.h"
#include "base/task.h"
#include "editlog/log_reader.h"
#include "editlog/segment_list.h"
#include "editlog/segment_reader.h"

namespace varve {

class LocalLog;

enum class ReadBound : std::uint8_t {
  kCommitted,
  kDurable,  // up to the end; kNotFound when what was given out has been cut
};

class LocalLogReader final : public LogReader {
 public:
  // `direct`: finalized segments are read past the page cache.
  LocalLogReader(Directory& directory, const LocalLog& log, const SegmentList& segments, TxId from, ReadBound bound = ReadBound::kCommitted,
                 bool direct = false)
      : directory_(directory), log_(log), segments_(segments), next_(from), bound_(bound), direct_(direct), cuts_seen_(segments.cuts()) {}

  kj::Promise<Result<std::vector<FrameView>>> next() override { return do_next(); }

 private:
  Task<Result<std::vector<FrameView>>> do_next();
  Task<Result<void>> enter_segment();
  Task<Result<IndexEntry>> open_finalized(const LogSegment& segment);
  TxId bound() const;
  std::uint64_t readable_end() const;
  bool was_cut() const { return bound_ == ReadBound::kDurable && cuts_seen_ != segments_.cuts(); }
  Result<void> notice_cut();
  Error purged() const;
  bool at_end_of_segment() const;
  void leave_segment();
  Error stopped() const;

  Directory& directory_;
  const LocalLog& log_;
  const SegmentList& segments_;
  TxId next_;  // frames that end below it are not given out
  ReadBound bound_;
  bool direct_;
  std::size_t cuts_seen_;
  std::optional<LogPosition> before_;  // the last frame given out
  std::shared_ptr<LogSegment> segment_;
  std::shared_ptr<File> file_;
  std::uint64_t end_offset_ = 0;  // how far reader_ may read
  std::shared_ptr<BufferCache> cache_ = SegmentReader::new_cache();
  std::optional<SegmentReader> reader_;
};

}  // namespace varve
