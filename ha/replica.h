// One replica of a state machine on its event loop: recovers, becomes the writer, commits and applies, checkpoints.
//
// The way of a transaction: SubmitQueue -> JournalWriter (frame, sync, commit) -> StateMachine::apply -> completion.
//
// Owns:      the journal, its writer, the images, the checkpointer, and the frames between commit and apply.
// Threads:   the event loop's.
// Errors:    an append that fails for any reason but a full disk ends the reign: role kFailed, every submission is refused from then on;
//            recover by opening again.
// Invariant: applied <= committed <= framed; completions fire in txid order.
#pragma once

#include <kj/async.h>
#include <kj/memory.h>

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "base/seams.h"
#include "base/task.h"
#include "base/tasks.h"
#include "checkpointer/checkpointer.h"
#include "fsimage/image_directory.h"
#include "ha/state_recovery.h"
#include "ha/submit_queue.h"
#include "journal/journal.h"
#include "varve/engine.h"

namespace varve {

struct ReplicaConfig {
  std::string writer_name;
  std::string host;
  CheckpointPolicy checkpoint;
  std::size_t image_chunk_bytes = 1u << 20;
  // What a round trip to the journal allows. The defaults are those of a local disk.
  std::uint64_t ahead_bytes = UINT64_MAX;             // a frame of so many bytes follows those under way, full or not
  std::size_t soon_applied_transactions = 128;        // a frame is applied at once, before the next one is taken, up to so many
  std::chrono::nanoseconds soon_applied_for{50'000};  // transactions and so long
};

class Replica {
 public:
  // Recovers `machine` and becomes the writer.
  static Task<Result<kj::Own<Replica>>> open(Seams seams, kj::Own<Journal> journal, kj::Own<ImageDirectory> images, ReplicaConfig config,
                                             StateMachine& machine, SubmitQueue& queue);

  Replica(Seams seams, kj::Own<Journal> journal, kj::Own<ImageDirectory> images, ReplicaConfig config, StateMachine& machine,
          SubmitQueue& queue);
  ~Replica() noexcept(false);
  KJ_DISALLOW_COPY(Replica);

  // The queue has something: called on the loop after SubmitQueue's wake.
  void pump() { take_frames(true); }

  kj::Promise<Result<TxId>> checkpoint() { return checkpointer_->run(); }
  kj::Promise<Result<Outcome>> outcome(Ticket ticket) { return journal_->outcome(ticket); }
  Status status() const;

  // Precondition: the queue is closed. Waits for all that was submitted, seals the log.
  Task<Result<void>> close();

 private:
  struct Applying {
    FramePtr frame;
    std::vector<Engine::Completion> completions;
    std::uint64_t bytes = 0;
    bool at_once;  // before anything else is written
  };

  Task<Result<void>> recover();
  void append(SubmitQueue::Batch batch);
  void on_appended(Result<FramePtr>&& frame, std::vector<Engine::Completion>&& completions, std::uint64_t bytes);
  void refuse(std::vector<Engine::Completion>&& completions, std::uint64_t bytes, const Error& error);
  void fail_reign(const Error& error);
  void start_applying();
  void take_frames(bool partial);
  bool far_away() const { return config_.ahead_bytes != UINT64_MAX; }
  bool soon_applied() const;
  Task<void> apply_committed();
  void apply_slice(Applying& applying, TransactionCursor& cursor, std::size_t& index);
  void finish_frame(const Applying& applying);
  bool idle() const { return in_flight_ == 0 && applying_.empty() && !apply_running_; }
  void tell_if_idle();
  kj::Promise<FrozenState> freeze();
  FrozenState freeze_now();
  std::chrono::nanoseconds pace();

  Seams seams_;
  const ReplicaConfig config_;
  StateMachine& machine_;
  SubmitQueue& queue_;
  kj::Own<Journal> journal_;
  kj::Own<ImageDirectory> images_;
  kj::Own<JournalWriter> writer_;
  kj::Own<Checkpointer> checkpointer_;

  LogPosition applied_;          // end of the last frame applied whole
  TxId applied_txid_;            // within the frame being applied
  std::uint64_t in_flight_ = 0;  // frames handed to the writer
  std::uint64_t in_flight_bytes_ = 0;
  std::deque<Applying> applying_;
  bool apply_running_ = false;
  std::uint64_t frames_at_pace_ = 0;
  std::chrono::nanoseconds resumed_{0};  // when the checkpoint's last rest was over
  double apply_cost_ = 0;                // ns for each transaction, a moving average
  bool pumping_ = false;
  std::optional<Error> failure_;
  bool closed_ = false;
  Status counters_;  // frames, recovery
  std::vector<kj::Own<kj::PromiseFulfiller<FrozenState>>> freezing_;
  kj::Maybe<kj::Own<kj::PromiseFulfiller<void>>> when_idle_;
  kj::Promise<void> apply_task_ = nullptr;
  Tasks appends_;
  kj::Promise<void> over_ = nullptr;  // waits for the end of the reign
};

}  // namespace varve
