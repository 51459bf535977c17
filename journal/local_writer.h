// The writer of one log on a disk: frames transactions, decides when to roll, and writes with one sync what has gathered. What is durable
// is committed; where others may have taken the log over meanwhile, once a CommitGate has said so.
//
// Owns:      the frames not yet committed.
// Threads:   the event loop's.
// Durable:   what append() resolved with.
// Errors:    after any error but kNoSpace the reign is over: every later append fails with it.
// Invariant: committed().txid <= end().txid; the frames in flight chain from committed() to end().
#pragma once

#include <kj/async.h>

#include <deque>
#include <optional>
#include <string>

#include "base/seams.h"
#include "base/task.h"
#include "journal/journal.h"
#include "journal/local_journal.h"

namespace varve {

// Says whether what is durable may be taken for committed.
class CommitGate {
 public:
  virtual ~CommitGate() noexcept(false) {}
  // Asked after each sync. Errors, but never kNoSpace: the reign is over, and the outcome of what was synced unknown.
  virtual kj::Promise<Result<void>> may_commit() = 0;
};

class LocalWriter final : public JournalWriter {
 public:
  // Precondition: `epoch` is promised by `log`, durably. `gate`: none, or it outlives the writer.
  LocalWriter(Seams seams, LocalLog& log, RollPolicy roll, Epoch epoch, std::string segment_start, CommitGate* gate = nullptr);
  ~LocalWriter() noexcept(false) override = default;

  Epoch epoch() const override { return epoch_; }
  LogPosition end() const override { return end_; }
  LogPosition committed() const override { return log_.committed(); }
  kj::Promise<Result<FramePtr>> append(FrameBuilder&& transactions, RunOn where) override;
  kj::Promise<Error> when_over() override { return log_.when_failed(); }
  void roll() override { roll_asked_ = true; }
  kj::Promise<Result<void>> close() override;

  // Appends a control transaction, alone in its frame.
  kj::Promise<Result<FramePtr>> append_control(FrameKind kind, std::string body);

 private:
  struct Pending {
    std::vector<FramePtr> frames;  // the asked one last; before it the SegmentStart, if it opens a segment
    kj::Own<kj::PromiseFulfiller<Result<FramePtr>>> done;
  };

  kj::Promise<Result<FramePtr>> enqueue(FrameBuilder&& transactions, FrameKind kind, RunOn where);
  bool must_roll(std::uint64_t next_frame_bytes) const;
  FramePtr seal(FrameBuilder&& transactions, FrameKind kind, bool roll);
  Task<void> write_pending(RunOn where);
  Task<Result<void>> write(std::vector<FramePtr> frames, RunOn where);
  void finish(std::deque<Pending> batch, const Result<void>& written);

  Seams seams_;
  LocalLog& log_;
  const RollPolicy roll_;
  const Epoch epoch_;
  const std::string segment_start_;  // body of each SegmentStart
  CommitGate* const gate_;
  LogPosition end_;
  bool roll_asked_ = false;
  bool has_segment_;             // a segment is open, or framed to be
  std::uint64_t segment_space_;  // left in it, counting what is framed
  std::uint64_t segment_transactions_;
  std::chrono::nanoseconds segment_opened_;
  std::deque<Pending> pending_;
  bool writing_ = false;
  kj::Promise<void> write_task_ = nullptr;
  std::optional<Error> over_;  // why the reign is over
  kj::Maybe<kj::Own<kj::PromiseFulfiller<void>>> idle_;
};

}  // namespace varve
