// One direction of a simulated connection: bytes arrive in the order of their writing, each write after its own delay.
#pragma once

#include <kj/async.h>
#include <kj/refcount.h>

#include <functional>
#include <string>

#include "base/clock.h"

namespace varve {

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wnon-virtual-dtor"  // KJ's interfaces have no virtual destructors; kj::Own knows what to destroy

class SimPipe final : public kj::Refcounted, private kj::TaskSet::ErrorHandler {
 public:
  explicit SimPipe(Clock& clock);

  // --- The writer's end ---
  // Arrives after `delay`, but never before what was written earlier. Throws DISCONNECTED when the pipe is broken.
  void write(std::string bytes, std::chrono::nanoseconds delay);
  void end(std::chrono::nanoseconds delay);
  kj::Promise<void> when_broken();

  // --- The reader's end ---
  // As kj::AsyncInputStream::tryRead(). One at a time.
  kj::Promise<std::size_t> read(void* buffer, std::size_t min_bytes, std::size_t max_bytes);

  // Loses what is under way; both ends learn of it now.
  void break_off();

 private:
  class Read;

  void schedule(std::chrono::nanoseconds delay, std::function<void()> arrival);
  void satisfy_reader();
  void taskFailed(kj::Exception&& exception) override;

  Clock& clock_;
  std::chrono::nanoseconds last_arrival_{0};
  std::string arrived_;
  bool ended_ = false;
  bool broken_ = false;
  Read* reading_ = nullptr;
  kj::Own<kj::PromiseFulfiller<void>> broken_fulfiller_;
  kj::ForkedPromise<void> broken_promise_;
  kj::TaskSet under_way_;
};

#pragma GCC diagnostic pop

}  // namespace varve
