// Merges the log into images: decides when, saves the frozen state, publishes it, and purges the log behind the oldest image kept.
// It never stops the log: appends go on while the image is written, and a failed checkpoint is counted and tried again.
//
// Owns:      nothing on disk; the counters and the one checkpoint under way.
// Threads:   the event loop's.
// Durable:   when run() resolves with a txid, that image is published (see ImageDirectory::save), older images beyond the policy are gone,
//            and the log behind the oldest one kept is purged.
// Errors:    run() resolves with the error of the image; a failure to purge is logged and tried again with the next checkpoint.
// Invariant: the log above the oldest image kept is never purged.
#pragma once

#include <kj/async.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/seams.h"
#include "base/task.h"
#include "checkpointer/checkpoint_policy.h"
#include "fsimage/image_directory.h"
#include "journal/journal.h"
#include "varve/image.h"

namespace varve {

// The state at the end of a frame, frozen.
struct FrozenState {
  ImagePoint point;
  std::function<void(ImageSink&)> declare;
};

struct CheckpointerStatus {
  bool running = false;
  std::uint64_t succeeded = 0;
  std::uint64_t failed = 0;
  std::string last_error;  // empty after a success
  TxId last_txid;
  std::uint64_t last_bytes = 0;
  std::chrono::nanoseconds last_duration{0};
  SinceCheckpoint since;
};

class Checkpointer {
 public:
  // `freeze` gives the state at the end of a frame, at once or when the one being applied is done. `pace`: see SaveOptions.
  Checkpointer(Seams seams, ImageDirectory& images, Journal& journal, CheckpointPolicy policy, std::size_t chunk_bytes,
               std::function<kj::Promise<FrozenState>()> freeze, std::function<std::chrono::nanoseconds()> pace);
  KJ_DISALLOW_COPY(Checkpointer);

  // The newest image, loaded at start-up, and what was replayed behind it.
  void start_from(TxId image, std::uint64_t replayed_transactions, std::uint64_t replayed_bytes);

  // Tells of one more applied frame; begins a checkpoint when one is due.
  void applied(std::uint64_t transactions, std::uint64_t bytes);

  // A checkpoint now. Joins one that runs.
  kj::Promise<Result<TxId>> run();

  // Waits for the one that runs; none begins by itself any more.
  kj::Promise<void> stop();

  CheckpointerStatus status() const;

 private:
  Task<Result<TxId>> checkpoint();
  Task<Result<TxId>> save_and_purge();
  Task<void> watch_time();
  void begin();
  void record(const Result<TxId>& result, std::chrono::nanoseconds began);

  Seams seams_;
  ImageDirectory& images_;
  Journal& journal_;
  const CheckpointPolicy policy_;
  const std::size_t chunk_bytes_;
  const std::function<kj::Promise<FrozenState>()> freeze_;
  const std::function<std::chrono::nanoseconds()> pace_;

  CheckpointerStatus status_;
  SinceCheckpoint frozen_at_;  // status_.since when the running one froze the state
  std::chrono::nanoseconds last_success_;
  std::chrono::nanoseconds not_before_{0};  // back-off after a failure
  std::uint64_t failures_in_a_row_ = 0;
  bool stopped_ = false;
  kj::Maybe<kj::ForkedPromise<std::shared_ptr<Result<TxId>>>> running_;
  kj::Promise<void> cleared_ = nullptr;
  kj::Promise<void> watch_ = nullptr;
};

}  // namespace varve
