// The log of one directory, once it is recovered.
//
// Owns:      the directory with its lock; slots (mark_keeper.h), segments, the next one prepared (segment_preparer.h), finalizing.
// Threads:   the event loop's.
// Invariant: as LocalLog's; uncommitted_ holds the ends of exactly the durable frames above committed().
#pragma once

#include "editlog/configuration_history.h"
#include "editlog/local_log.h"
#include "editlog/local_log_reader.h"
#include "editlog/log_cut.h"
#include "editlog/mark_keeper.h"
#include "editlog/recovery.h"
#include "editlog/segment_list.h"
#include "editlog/segment_mender.h"
#include "editlog/segment_preparer.h"

namespace varve {

class DirectoryLog final : public LocalLog {
 public:
  DirectoryLog(Seams seams, kj::Own<Directory> directory, kj::Own<DirectoryLock> lock, LocalLogOptions options, RecoveredLog recovered);
  ~DirectoryLog() noexcept(false) override;

  const LocalLogRecovery& recovery() const override { return report_; }
  Uuid namespace_id() const override { return marks_.state().namespace_id; }
  std::uint64_t lineage() const override { return marks_.state().lineage; }
  Uuid disk_id() const override { return marks_.state().disk_id; }
  Epoch promised() const override { return marks_.state().promised; }
  Uuid promised_to() const override { return marks_.state().promised_to; }
  const LogStart& start() const override { return marks_.state().start; }
  LogPosition end() const override { return end_; }
  LogPosition committed() const override { return committed_; }
  std::vector<SegmentInfo> segments() const override;
  std::uint64_t disk_bytes() const override { return segments_.bytes(); }
  const std::optional<Error>& failure() const override { return failure_; }
  kj::Promise<Error> when_failed() override { return failed_.addBranch(); }
  bool needs_segment() const override { return writer() == nullptr; }
  std::uint64_t segment_space() const override { return writer() ? writer()->space() : 0; }
  std::uint64_t new_segment_space() const override { return frames_end_max(usual_segment_bytes(options_)) - kFramesOffset; }
  std::uint64_t segment_bytes_used() const override { return writer() ? writer()->contents().frame_bytes() : 0; }
  std::uint64_t segment_transactions() const override { return writer() ? writer()->contents().transactions() : 0; }

  kj::Promise<Result<void>> promise(Epoch epoch, Uuid writer) override { return do_promise(epoch, writer); }
  kj::Promise<Result<void>> append(std::vector<FramePtr> frames, RunOn where) override { return do_append(std::move(frames), where); }
  void set_committed(LogPosition position) override;
  void commit_up_to(TxId txid) override;
  kj::Promise<Result<kj::Own<LogReader>>> read(TxId from) override;
  kj::Promise<Result<std::uint64_t>> purge(TxId upto) override { return do_purge(upto); }
  kj::Promise<Result<void>> write_mark() override { return do_write_mark(); }
  kj::Promise<Result<void>> close() override { return do_close(); }

  bool tail_certain() const override { return !marks_.state().tail_unknown; }
  kj::Promise<Result<void>> settle_tail() override { return do_settle_tail(); }
  const LogConfiguration& configuration() const override { return configurations_.newest(); }
  const LogConfiguration& committed_configuration() const override { return configurations_.committed(); }
  std::vector<LogPosition> branches() const override;
  kj::Promise<Result<std::optional<LogPosition>>> find(TxId txid) override { return do_find(txid); }
  kj::Promise<Result<kj::Own<LogReader>>> read_durable(TxId from) override;
  kj::Promise<Result<void>> cut(LogPosition to) override { return do_cut(to); }
  kj::Promise<Result<void>> restart(LogStart start) override { return do_restart(std::move(start)); }

  std::vector<DamagedSegment> damaged() const override;
  kj::Promise<Result<void>> mend(TxId first, kj::Own<LogReader> good) override { return do_mend(first, kj::mv(good)); }
  kj::Promise<Result<bool>> scrub(TxId first, std::uint64_t bytes_per_second) override { return do_scrub(first, bytes_per_second); }

  void check_invariants() const override;

 private:
  class WriteTurn;
  class ChangeOver;

  void take_damaged_end(LogPosition position);
  // Of the segment that grows; nullptr when the newest one is finalized, or there is none.
  SegmentWriter* writer() const;
  Result<void> usable();
  Result<void> settle(Result<void> result);
  void fail_with(const Error& error);

  Task<Result<void>> do_promise(Epoch epoch, Uuid writer);
  Task<Result<void>> do_append(std::vector<FramePtr> frames, RunOn where);
  Task<Result<std::vector<PreparedSegment>>> take_space(std::vector<std::uint64_t> sizes, std::optional<std::uint64_t> least);
  Task<Result<void>> grow(PreparedSegment prepared);
  Task<Result<void>> append_group(std::vector<FramePtr> group, RunOn where);
  Task<Result<void>> open_segment(PreparedSegment prepared, std::vector<FramePtr> group, RunOn where);
  void appended(const std::vector<FramePtr>& group, std::uint64_t offset);
  Result<kj::Own<LogReader>> open_reader(TxId from, ReadBound bound);
  Task<Result<std::optional<LogPosition>>> do_find(TxId txid);
  std::optional<FrameEnd> known_end(TxId txid) const;
  Task<Result<void>> do_cut(LogPosition to);
  Task<Result<void>> cut_files(LogCut& cut, LogPosition to);
  Task<Result<void>> do_restart(LogStart start);
  void forget_all();
  Task<Result<void>> do_settle_tail();
  Task<Result<void>> do_mend(TxId first, kj::Own<LogReader> good);
  Task<Result<void>> change_over(SegmentMender& mender, std::shared_ptr<LogSegment> damaged);
  Task<Result<std::shared_ptr<LogSegment>>> take_mended(const MendedSegment& mended);
  Task<void> wait_for_mending();
  Task<Result<bool>> do_scrub(TxId first, std::uint64_t bytes_per_second);
  Task<Result<std::uint64_t>> do_purge(TxId upto);
  Task<Result<LogStart>> start_before(TxId first);
  Task<Result<void>> do_write_mark();
  Task<Result<void>> do_close();
  void finalize_committed();
  Task<void> finalize_in_turn();
  LogSegment* to_finalize() const;

  Seams seams_;
  kj::Own<Directory> directory_;
  kj::Own<DirectoryLock> lock_;
  LocalLogOptions options_;
  LocalLogRecovery report_;
  MarkKeeper marks_;
  SegmentList segments_;
  LogPosition end_;
  LogPosition committed_;
  ConfigurationHistory configurations_;
  FrameEnds uncommitted_;
  std::optional<Error> failure_;
  kj::Own<kj::PromiseFulfiller<Error>> failing_;
  kj::ForkedPromise<Error> failed_ = nullptr;
  bool writing_ = false;  // an append, a cut or a restart is under way
  bool purging_ = false;
  bool mending_ = false;
  std::optional<kj::ForkedPromise<void>> changed_over_;  // while mended files are put in place
  bool dropping_ = false;                                // one of the latter
  bool closing_ = false;
  kj::Maybe<kj::Own<kj::PromiseFulfiller<void>>> write_waiter_;
  SegmentPreparer preparer_;
  bool finalizing_ = false;
  std::optional<kj::ForkedPromise<void>> finalizer_;
};

}  // namespace varve
