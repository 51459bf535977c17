#include "ha/submit_queue.h"

#include <fmt/format.h>

#include <algorithm>

namespace varve {
namespace {

constexpr std::uint64_t kBuilderBytesMin = 16u << 10;
constexpr std::size_t kKeptFramesMax = 8;  // full ones, whose memory waits for the next

}  // namespace

SubmitQueue::SubmitQueue(SubmitQueueOptions options, std::function<void()> wake)
    : options_(options), wake_(std::move(wake)), buffers_(std::make_shared<BufferCache>(kKeptFramesMax * options.frame_bytes_max)) {}

// Memory for half more than what the last frame took: small frames stay cheap, large ones are reached in a few steps.
FrameBuilder SubmitQueue::new_builder(std::uint64_t transaction_bytes) const {
  const std::uint64_t wanted =
      std::clamp(last_taken_bytes_ + last_taken_bytes_ / 2, kBuilderBytesMin, options_.frame_bytes_max - sizeof(FrameHeader));
  return FrameBuilder(*buffers_, std::max(wanted, transaction_space(transaction_bytes)));
}

void SubmitQueue::begin_batch(std::uint64_t transaction_bytes) {
  batches_.push_back(Batch{new_builder(transaction_bytes), {}, 0});
  batches_.back().completions.reserve(last_taken_transactions_);
}

SubmitQueue::Admission SubmitQueue::submit(Bytes transaction, Engine::Completion& done, Full full, std::optional<Error>& error) {
  if (transaction.size() > options_.transaction_bytes_max) {
    error.emplace(ErrorCode::kTooLarge, fmt::format("submitting a transaction of {} bytes: the limit is {} bytes (transaction_bytes_max)",
                                                    transaction.size(), options_.transaction_bytes_max));
    return Admission::kRefused;
  }
  const std::uint64_t space = transaction_space(transaction.size());
  bool wake = false;
  {
    std::unique_lock lock(mutex_);
    const auto has_room = [&] { return closed_ || held_bytes_ == 0 || held_bytes_ + space <= options_.queue_bytes_max; };
    if (full == Full::kRefuse && !has_room()) return Admission::kFull;
    if (full == Full::kBlock) room_.wait(lock, has_room);
    if (closed_) {
      error = closed_;
      return Admission::kRefused;
    }
    if (batches_.empty() || !batches_.back().builder.fits(transaction.size())) begin_batch(transaction.size());
    Batch& batch = batches_.back();
    batch.builder.add(transaction);
    batch.completions.push_back(std::move(done));
    batch.bytes += space;
    waiting_bytes_ += space;
    held_bytes_ += space;
    std::swap(wake, wake_wanted_);
  }
  if (wake) wake_();
  return Admission::kTaken;
}

SubmitQueue::Batch SubmitQueue::pop() {
  Batch batch = std::move(batches_.front());
  batches_.pop_front();
  waiting_bytes_ -= batch.bytes;
  last_taken_bytes_ = batch.bytes;
  last_taken_transactions_ = batch.completions.size();
  return batch;
}

std::optional<SubmitQueue::Batch> SubmitQueue::take() {
  std::lock_guard lock(mutex_);
  if (batches_.empty()) {
    wake_wanted_ = true;
    return std::nullopt;
  }
  return pop();
}

std::optional<SubmitQueue::Batch> SubmitQueue::take_full(std::uint64_t enough) {
  std::lock_guard lock(mutex_);
  if (batches_.size() < 2 && (batches_.empty() || batches_.front().bytes < enough)) return std::nullopt;
  return pop();
}

void SubmitQueue::release(std::uint64_t bytes) {
  {
    std::lock_guard lock(mutex_);
    held_bytes_ -= bytes;
  }
  room_.notify_all();
}

std::uint64_t SubmitQueue::waiting_bytes() const {
  std::lock_guard lock(mutex_);
  return waiting_bytes_;
}

std::uint64_t SubmitQueue::held_bytes() const {
  std::lock_guard lock(mutex_);
  return held_bytes_;
}

void SubmitQueue::close(Error why) {
  {
    std::lock_guard lock(mutex_);
    if (!closed_) closed_ = std::move(why);
  }
  room_.notify_all();
}

}  // namespace varve
