// The way of transactions from the user's threads to the event loop.
//
// A submitter copies its transaction straight into the memory that becomes the frame, under a short lock; the loop takes whole batches.
// While the log syncs one frame the next one fills here: group commit grows by itself.
//
// Owns:      transactions not yet taken, with their completions.
// Threads:   submit(), close(): any. take(), release(): the loop's.
// Bound:     bytes submitted and not yet released stay at or below queue_bytes_max, but for one transaction when the queue is empty and
//            for submissions from the loop's own thread, which must never block.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "editlog/frame.h"
#include "varve/engine.h"

namespace varve {

struct SubmitQueueOptions {
  std::uint64_t transaction_bytes_max = 64ull << 20;
  std::uint64_t frame_bytes_max = 1u << 20;  // of a whole frame; a larger transaction is alone in its frame
  std::uint64_t queue_bytes_max = 8ull << 20;
};

class SubmitQueue {
 public:
  // Transactions that become one frame.
  struct Batch {
    FrameBuilder builder;
    std::vector<Engine::Completion> completions;  // one for each transaction
    std::uint64_t bytes = 0;                      // counted against the bound until released
  };
  enum class Full : std::uint8_t { kBlock, kRefuse, kPass };
  enum class Admission : std::uint8_t { kTaken, kFull, kRefused };

  // `wake` is called, outside the lock and on the submitter's thread, when there is something to take and the loop may be idle.
  SubmitQueue(SubmitQueueOptions options, std::function<void()> wake);

  // kTaken: `done` was moved away. kFull: only with Full::kRefuse. kRefused: `error` says why.
  Admission submit(Bytes transaction, Engine::Completion& done, Full full, std::optional<Error>& error);

  // The oldest batch, or nothing; after nothing, wake() is called for the next transaction.
  std::optional<Batch> take();
  // The oldest batch if no more goes into it, or it has `enough` bytes.
  std::optional<Batch> take_full(std::uint64_t enough = UINT64_MAX);
  // The bytes of a batch are durable and applied, or failed.
  void release(std::uint64_t bytes);
  // Bytes of transactions in the queue that could be taken now.
  std::uint64_t waiting_bytes() const;
  std::uint64_t held_bytes() const;

  // Refuses every later submission with `why`, and those that block; what is in the queue stays.
  void close(Error why);

 private:
  Batch pop();
  void begin_batch(std::uint64_t transaction_bytes);
  FrameBuilder new_builder(std::uint64_t transaction_bytes) const;

  const SubmitQueueOptions options_;
  const std::function<void()> wake_;
  const std::shared_ptr<BufferCache> buffers_;
  mutable std::mutex mutex_;
  std::condition_variable room_;
  std::deque<Batch> batches_;  // the last one is being filled
  std::uint64_t waiting_bytes_ = 0;
  std::uint64_t held_bytes_ = 0;
  // Guide the size of the next batch's memory.
  std::uint64_t last_taken_bytes_ = 0;
  std::size_t last_taken_transactions_ = 0;
  bool wake_wanted_ = true;
  std::optional<Error> closed_;
};

}  // namespace varve
