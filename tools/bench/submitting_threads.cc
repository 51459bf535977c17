#include "tools/bench/submitting_threads.h"

#include "base/result.h"

namespace varve {

void SubmittingThreads::start() {
  for (unsigned i = 0; i < threads_count_; ++i) threads_.emplace_back([this] { run(); });
}

void SubmittingThreads::run() {
  std::counting_semaphore<> room(static_cast<std::ptrdiff_t>(share_));
  while (!over_.load(std::memory_order_relaxed)) {
    room.acquire();
    engine_.submit(payload_, [this, &room, began = Steady::now()](const Result<Committed>& done) {
      note(began, Steady::now());
      if (!done && !error_) {
        error_ = done.error();
        over_ = true;
      }
      room.release();
    });
  }
  for (std::uint64_t i = 0; i < share_; ++i) room.acquire();
}

Result<void> SubmittingThreads::finish() {
  over_ = true;
  for (std::thread& thread : threads_) thread.join();
  if (error_) return fail(*error_);
  return ok();
}

}  // namespace varve
