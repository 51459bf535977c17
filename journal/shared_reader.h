// Reads the committed frames of a shared directory, across epochs, while their writers are at work; changes nothing.
//
// What is committed it knows from the writers alone: from the files of the epochs, from the headers of later frames, and, of our own
// epoch, from memory. That a frame can be read, or is durable, proves nothing: its writer may have been deposed before it could look.
//
// Owns:      an open handle on the segment that it stands in.
// Threads:   the event loop's. One next() at a time.
// Lifetime:  the SharedDirectory outlives the reader.
// Invariant: every frame given out chains to the one before.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "base/task.h"
#include "editlog/log_reader.h"
#include "editlog/segment_reader.h"
#include "journal/shared_directory.h"
#include "journal/shared_history.h"
#include "journal/shared_reign.h"

namespace varve {

class SharedReader final : public LogReader {
 public:
  // Gives out what stands behind `after`; without a digest the first frame, the one that holds after.txid + 1, is taken as it is.
  // `reign`: ours, or none.
  struct After {
    TxId txid;
    std::optional<Digest> digest;
  };
  SharedReader(SharedDirectory& shared, std::shared_ptr<SharedReign> reign, After after);

  kj::Promise<Result<std::vector<FrameView>>> next() override { return do_next(); }

 private:
  // A segment, or the part of one that counts.
  struct Source {
    Epoch epoch;
    TxId first;
    bool grows;  // no end is known
    kj::Own<File> file;
    std::optional<SegmentReader> reader;
  };
  // How far a growing segment was read.
  struct Progress {
    Epoch epoch;
    TxId first;
    std::uint64_t offset = 0;
    LogPosition before;
  };

  Task<Result<std::vector<FrameView>>> do_next();
  Task<Result<std::vector<FrameView>>> try_next();
  std::vector<FrameView> take_committed();
  Task<Result<bool>> read_source();
  Result<void> take(std::vector<FrameView> frames);
  Result<void> leave_source();
  Task<Result<bool>> refresh();
  Task<Result<bool>> enter();
  Task<Result<void>> enter_older();
  Task<Result<bool>> enter_own();
  void forget();
  Error purged() const;

  SharedDirectory& shared_;
  const std::shared_ptr<SharedReign> reign_;
  After tail_;                                       // the last frame read
  TxId given_;                                       // the last one given out
  TxId committed_;                                   // as far as it is known
  std::deque<FrameView> held_;                       // read, and not known to be committed
  std::optional<SharedEpochRecord> tip_;             // the newest epoch that announced something
  std::optional<std::vector<SharedSegment>> older_;  // before its own log
  std::optional<Source> source_;
  std::optional<Progress> progress_;
  std::shared_ptr<BufferCache> cache_ = SegmentReader::new_cache();
};

}  // namespace varve
