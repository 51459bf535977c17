// A journal: the log of one namespace, wherever it lives. All kinds (local directory, shared directory, quorum) share this interface.
//
// Threads: the event loop's.
#pragma once

#include <kj/async.h>
#include <kj/memory.h>

#include <cstdint>
#include <string>
#include <vector>

#include "base/disk.h"
#include "editlog/frame.h"
#include "editlog/local_log.h"
#include "editlog/log_reader.h"
#include "varve/engine.h"
#include "varve/error.h"
#include "varve/state_machine.h"
#include "varve/types.h"

namespace varve {

// Appends of one reign. Only one writer of a journal is active at a time; a later one fences it.
class JournalWriter {
 public:
  virtual ~JournalWriter() noexcept(false) {}

  virtual Epoch epoch() const = 0;
  virtual LogPosition end() const = 0;        // last frame that this writer framed
  virtual LogPosition committed() const = 0;  // last frame known committed

  // Seals the transactions as the next frame and replicates it; resolves with the frame when it is committed. Calls are pipelined and
  // resolve in order. Rolls the segment first when it is time to. `where`: where a local disk write runs.
  // Errors: kFenced, kIo, kNoSpace (then nothing was framed and later appends may succeed); kOutcomeUnknown with a ticket when the frame
  // may or may not be committed by a later writer. After any error but kNoSpace the reign is over.
  virtual kj::Promise<Result<FramePtr>> append(FrameBuilder&& transactions, RunOn where) = 0;

  // Resolves with the reason when the reign is over before close(): fenced, or a failing disk. Also while nothing is appended.
  virtual kj::Promise<Error> when_over() = 0;

  // Starts a new segment with the next append.
  virtual void roll() = 0;

  // Waits for what is under way and leaves the log's end marked as durable.
  virtual kj::Promise<Result<void>> close() = 0;
};

struct JournalStatus {
  TxId first;  // oldest transaction in the log
  TxId last;   // committed
  std::uint64_t segments = 0;
  std::uint64_t bytes = 0;
  std::uint64_t torn_bytes_cut = 0;  // at the last open
};

class Journal {
 public:
  virtual ~Journal() noexcept(false) {}

  virtual Uuid namespace_id() const = 0;
  virtual std::uint64_t lineage() const = 0;
  virtual JournalStatus status() const = 0;
  // Oldest first; the last one may be in progress.
  virtual std::vector<SegmentInfo> segments() const = 0;
  // Where the log begins: what an image must reach at least.
  virtual LogPosition start() const = 0;
  // The newest configuration at or below the end of the log (control.capnp, canonical).
  virtual const std::string& configuration() const = 0;

  // Protocol section 3: promise, choose the log, EpochStart. When it resolves, everything below the writer's end is committed.
  virtual kj::Promise<Result<kj::Own<JournalWriter>>> become_writer(std::string name, std::string host, SchemaInfo schema) = 0;

  // Committed frames behind `after` (whose digest is checked against the log: kDamaged when it is another history).
  virtual kj::Promise<Result<kj::Own<LogReader>>> read_after(LogPosition after) = 0;

  // Removes what is at or below `upto`, in whole segments. Only the checkpointer knows when that is right.
  virtual kj::Promise<Result<std::uint64_t>> purge(TxId upto) = 0;

  virtual kj::Promise<Result<Outcome>> outcome(Ticket ticket) = 0;

  virtual kj::Promise<Result<void>> close() = 0;
};

}  // namespace varve
