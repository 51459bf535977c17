#include "base/sim/sim_pipe.h"

#include <kj/debug.h>

#include <algorithm>
#include <cstring>

#include "base/check.h"

namespace varve {

namespace {

kj::Exception broken() {
  return KJ_EXCEPTION(DISCONNECTED, "the simulated connection is broken");
}

}  // namespace

// A read that waits; lives in its promise.
class SimPipe::Read {
 public:
  Read(kj::PromiseFulfiller<std::size_t>& fulfiller, SimPipe& pipe, void* buffer, std::size_t min_bytes, std::size_t max_bytes)
      : fulfiller_(fulfiller), pipe_(pipe), buffer_(static_cast<char*>(buffer)), min_bytes_(min_bytes), max_bytes_(max_bytes) {
    CHECK(pipe_.reading_ == nullptr);
    pipe_.reading_ = this;
    pipe_.satisfy_reader();
  }
  ~Read() noexcept { finish(); }
  KJ_DISALLOW_COPY(Read);

  void take_from(std::string& arrived) {
    std::size_t part = std::min(arrived.size(), max_bytes_ - done_);
    std::memcpy(buffer_ + done_, arrived.data(), part);
    arrived.erase(0, part);
    done_ += part;
  }
  bool satisfied() const { return done_ >= min_bytes_; }
  void succeed() {
    finish();
    fulfiller_.fulfill(kj::cp(done_));
  }
  void fail() {
    finish();
    fulfiller_.reject(broken());
  }

 private:
  void finish() {
    if (pipe_.reading_ == this) pipe_.reading_ = nullptr;
  }

  kj::PromiseFulfiller<std::size_t>& fulfiller_;
  SimPipe& pipe_;
  char* buffer_;
  std::size_t min_bytes_;
  std::size_t max_bytes_;
  std::size_t done_ = 0;
};

SimPipe::SimPipe(Clock& clock) : clock_(clock), broken_promise_(nullptr), under_way_(*this) {
  auto paf = kj::newPromiseAndFulfiller<void>();
  broken_promise_ = paf.promise.fork();
  broken_fulfiller_ = kj::mv(paf.fulfiller);
}

void SimPipe::taskFailed(kj::Exception&& exception) {
  CHECK(false && "a delivery threw", exception.getDescription().cStr());
}

void SimPipe::schedule(std::chrono::nanoseconds delay, std::function<void()> arrival) {
  last_arrival_ = std::max(last_arrival_, clock_.now() + delay);
  under_way_.add(clock_.after(last_arrival_ - clock_.now()).then([this, arrival = std::move(arrival)] {
    if (broken_) return;
    arrival();
    satisfy_reader();
  }));
}

void SimPipe::write(std::string bytes, std::chrono::nanoseconds delay) {
  if (broken_) kj::throwFatalException(broken());
  schedule(delay, [this, bytes = std::move(bytes)] { arrived_ += bytes; });
}

void SimPipe::end(std::chrono::nanoseconds delay) {
  if (!broken_) schedule(delay, [this] { ended_ = true; });
}

kj::Promise<void> SimPipe::when_broken() {
  return broken_promise_.addBranch();
}

void SimPipe::satisfy_reader() {
  if (reading_ == nullptr) return;
  reading_->take_from(arrived_);
  if (reading_->satisfied() || ended_)
    reading_->succeed();
  else if (broken_)
    reading_->fail();
}

kj::Promise<std::size_t> SimPipe::read(void* buffer, std::size_t min_bytes, std::size_t max_bytes) {
  return kj::newAdaptedPromise<std::size_t, Read>(*this, buffer, min_bytes, max_bytes);
}

void SimPipe::break_off() {
  if (broken_) return;
  broken_ = true;
  broken_fulfiller_->fulfill();
  satisfy_reader();
}

}  // namespace varve
