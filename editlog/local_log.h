// One copy of a log in one local directory: what a journal node, or the embedded journal, keeps on its disk.
//
// Owns:      the directory with its lock, the slots, the segments, the reserve.
// Threads:   the event loop's.
// Durable:   promise(): when it resolves. append(): when it resolves, all its frames; nothing is answered before.
// Errors:    an I/O error while writing is final for the log: it refuses further writes (failure()) and is recovered by reopening;
//            ENOSPC on preparing a new segment is not final: appends are refused with kNoSpace until there is space again.
// Invariant: start <= mark <= end; epochs never fall along txids; frames form a chain from start().
#pragma once

#include <kj/async.h>
#include <kj/memory.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/seams.h"
#include "base/task.h"
#include "editlog/frame.h"
#include "editlog/local_log_options.h"
#include "editlog/log_configuration.h"
#include "editlog/log_reader.h"
#include "editlog/slots.h"

namespace varve {

// A whole segment of which not every byte is proven. What stands at its two ends is known from its neighbours, its trailer or the slots.
struct DamagedSegment {
  TxId first;
  LogPosition before;  // what its first frame continues; the epoch is a lower bound
  LogPosition last;    // where it must end; the epoch is an upper bound
  std::string what;    // file, offset, expected and found: one line
  // Neither this nor anything behind it is finalized: it may never have been committed.
  bool in_progress = false;
};

class LocalLog {
 public:
  // Makes `directory` (empty but for foreign names) a new log with this start. Runs again over its own unfinished work. The marker of
  // success, VERSION, is written last. kExists when it holds a log already.
  static Task<Result<void>> format(Seams seams, Directory& directory, SlotState state);

  // True when `directory` holds a finished format.
  static Task<Result<bool>> is_formatted(Directory& directory);

  // Locks the directory, recovers (docs/recovery.md) and is then ready to append behind end(). Changes nothing on disk when it fails
  // with kDamaged, kForeign, kNewerLayout or kLocked.
  static Task<Result<kj::Own<LocalLog>>> open(Seams seams, kj::Own<Directory> directory, LocalLogOptions options,
                                              std::optional<Uuid> expected_namespace = std::nullopt);

  virtual ~LocalLog() noexcept(false) {}

  virtual const LocalLogRecovery& recovery() const = 0;
  virtual Uuid namespace_id() const = 0;
  virtual std::uint64_t lineage() const = 0;
  virtual Uuid disk_id() const = 0;
  virtual Epoch promised() const = 0;
  virtual Uuid promised_to() const = 0;
  virtual const LogStart& start() const = 0;
  virtual LogPosition end() const = 0;        // last durable frame; start().position when there is none
  virtual LogPosition committed() const = 0;  // highest known committed frame: what readers may see
  virtual std::vector<SegmentInfo> segments() const = 0;
  virtual std::uint64_t disk_bytes() const = 0;  // of all segments
  virtual const std::optional<Error>& failure() const = 0;
  // Resolves when there is a failure(), also one of work in the background (the closing mark, finalizing).
  virtual kj::Promise<Error> when_failed() = 0;
  // True when the next frame needs a new segment: end() is the start, or the last segment is finalized.
  virtual bool needs_segment() const = 0;
  // Bytes that frames may still take in the segment in progress.
  virtual std::uint64_t segment_space() const = 0;
  // The same of a new segment of the usual size; a larger frame gets a segment of its own size.
  virtual std::uint64_t new_segment_space() const = 0;
  // Frames' bytes, and transactions, in the segment in progress.
  virtual std::uint64_t segment_bytes_used() const = 0;
  virtual std::uint64_t segment_transactions() const = 0;

  // Raises `promised`. Precondition: epoch above promised(), or the same epoch and writer.
  virtual kj::Promise<Result<void>> promise(Epoch epoch, Uuid writer) = 0;

  // Stores frames behind end(), in order, with one sync for all; a frame with the roll bit opens a new segment (the old one is
  // finalized once its last frame is committed). A new segment is as large as the frames that follow its first one in the same call ask
  // for; one that an EpochStart opens is smaller on a full disk, and may use the reserve. kNoSpace: nothing was stored. Precondition: the
  // frames chain to end() and carry this namespace and lineage, they fit (segment_space()), and no other append is under way. `where`: see
  // RunOn.
  virtual kj::Promise<Result<void>> append(std::vector<FramePtr> frames, RunOn where = RunOn::kDiskThread) = 0;

  // Raises committed() to the frame that ends at `position`. Precondition: position.txid <= end().txid.
  virtual void set_committed(LogPosition position) = 0;
  // Raises committed() to the last frame that ends at or below `txid`. Precondition: txid <= end().txid.
  virtual void commit_up_to(TxId txid) = 0;

  // Frames from the one that holds `from` on, committed ones only. kNotFound when purged, or above the end. The log outlives the reader.
  virtual kj::Promise<Result<kj::Own<LogReader>>> read(TxId from) = 0;

  // Removes finalized segments that end at or below `upto`, never the newest segment; start() moves up durably before a file goes.
  // Returns bytes freed.
  virtual kj::Promise<Result<std::uint64_t>> purge(TxId upto) = 0;

  // Writes the closing mark into the slots; done by itself when nothing was appended for mark_delay. Harmless when nothing changed.
  virtual kj::Promise<Result<void>> write_mark() = 0;

  // Waits for the append and the finalizing under way, writes the closing mark, releases the lock. Nothing else may follow.
  virtual kj::Promise<Result<void>> close() = 0;

  // --- What one of several copies needs besides. On any error but those named the log has failed (failure()). ---

  // False: behind end() there may have been frames that were acknowledged and are lost (an unknown tail, protocol section 2). Only of
  // logs opened with DamagePolicy::kServe. What is appended meanwhile must be known to be committed.
  virtual bool tail_certain() const = 0;
  // Says that nothing that this copy ever acknowledged is missing any more. Durable on return.
  virtual kj::Promise<Result<void>> settle_tail() = 0;

  // The newest configuration at or below end(), and at or below committed(). A cut takes those above it back.
  virtual const LogConfiguration& configuration() const = 0;
  virtual const LogConfiguration& committed_configuration() const = 0;

  // committed(), and the last frame of each epoch among the frames above it; ascending, the last one is end().
  virtual std::vector<LogPosition> branches() const = 0;

  // The frame that ends at `txid`, or start() there; nullopt when no frame ends there. kDamaged when the place cannot be read.
  virtual kj::Promise<Result<std::optional<LogPosition>>> find(TxId txid) = 0;

  // As read(), but up to end(): also what is not known to be committed, and may be cut while it is read.
  virtual kj::Promise<Result<kj::Own<LogReader>>> read_durable(TxId from) = 0;

  // Takes away all frames above `to`, as a durable step of its own (protocol section 4). Precondition: `to` is start() or the end of a
  // frame, committed().txid <= to.txid < end().txid, and no append is under way. kNoSpace: nothing was cut. kDamaged:
  // the same, the segment of the cut point must be mended first.
  virtual kj::Promise<Result<void>> cut(LogPosition to) = 0;

  // Drops everything and begins anew behind `start`, durable in one step (the new start in the slots, then the old files go). The promise
  // stays, and a tail that was unknown stays so: what was acknowledged above the new start is missing still. Precondition:
  // start.position.txid > committed().txid, no append is under way.
  virtual kj::Promise<Result<void>> restart(LogStart start) = 0;

  // Segments that cannot be served until they are mended; oldest first. When the newest one is among them, appends are refused with
  // kDamaged.
  virtual std::vector<DamagedSegment> damaged() const = 0;
  // Writes the segment that begins at `first` anew from the frames that `good` gives (the first of them begins at `first`), when they chain
  // at both ends; beside the old file, which is then moved aside to <name>.damaged, and swapped in. kRefused: the frames are not those, or
  // the log changed meanwhile, or another mend() is under way; nothing has changed then. kNoSpace: the same.
  virtual kj::Promise<Result<void>> mend(TxId first, kj::Own<LogReader> good) = 0;
  // Reads every byte of one finalized segment, at most `bytes_per_second`; what is damaged is in damaged() afterwards. False: there is no
  // such segment (any more).
  virtual kj::Promise<Result<bool>> scrub(TxId first, std::uint64_t bytes_per_second) = 0;

  virtual void check_invariants() const = 0;
};

}  // namespace varve
