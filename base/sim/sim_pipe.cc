#include "base/sim/sim_pipe.h"

#include <kj/debug.h>

#include <algorithm>
#include <cstring>
#include <utility>

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

  std::size_t take_from(std::string& arrived) {
    std::size_t part = std::min(arrived.size(), max_bytes_ - done_);
    std::memcpy(buffer_ + done_, arrived.data(), part);
    arrived.erase(0, part);
    done_ += part;
    return part;
  }
  bool satisfied() const { return done_ >= min_bytes_; }
  bool full() const { return done_ == max_bytes_; }
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

// A write that waits for room; lives in its promise.
class SimPipe::Write {
 public:
  Write(kj::PromiseFulfiller<void>& fulfiller, SimPipe& pipe, std::string rest)
      : fulfiller_(fulfiller), pipe_(pipe), rest_(std::move(rest)) {
    CHECK(pipe_.writing_ == nullptr);
    pipe_.writing_ = this;
  }
  ~Write() noexcept { finish(); }
  KJ_DISALLOW_COPY(Write);

  void go_on() {
    pipe_.send_what_fits(rest_);
    if (!rest_.empty()) return;
    finish();
    fulfiller_.fulfill();
  }
  void fail() {
    finish();
    fulfiller_.reject(broken());
  }

 private:
  void finish() {
    if (pipe_.writing_ == this) pipe_.writing_ = nullptr;
  }

  kj::PromiseFulfiller<void>& fulfiller_;
  SimPipe& pipe_;
  std::string rest_;
};

SimPipe::SimPipe(SimRoute& route, std::uint64_t connection) : route_(route), connection_(connection), broken_promise_(nullptr) {
  auto paf = kj::newPromiseAndFulfiller<void>();
  broken_promise_ = paf.promise.fork();
  broken_fulfiller_ = kj::mv(paf.fulfiller);
}

// --- The writer's end ---

kj::Promise<void> SimPipe::write(std::string bytes) {
  if (writer_gone_) return kj::NEVER_DONE;
  if (broken_) return broken();
  CHECK(writing_ == nullptr);
  send_what_fits(bytes);
  if (bytes.empty()) return kj::READY_NOW;
  ++route_.counts().writes_waited;
  return kj::newAdaptedPromise<void, Write>(*this, std::move(bytes));
}

void SimPipe::end() {
  if (!writer_gone_ && !broken_) send(Kind::kEnd, {});
}

void SimPipe::close_writer() {
  if (!writer_gone_ && !broken_) send(Kind::kClose, {});
  writer_gone_ = true;
}

kj::Promise<void> SimPipe::when_broken() {
  return broken_promise_.addBranch();
}

void SimPipe::send_what_fits(std::string& bytes) {
  std::uint64_t room = route_.window_bytes() - std::min(route_.window_bytes(), window_used_);
  std::size_t fits = std::min<std::uint64_t>(room, bytes.size());
  window_used_ += fits;
  for (std::size_t sent = 0; sent < fits;) {
    std::size_t piece = route_.draw_piece(fits - sent);
    send(Kind::kBytes, bytes.substr(sent, piece));
    sent += piece;
  }
  bytes.erase(0, fits);
}

void SimPipe::send(Kind kind, std::string bytes) {
  route_.sent(connection_, bytes.size());
  last_arrival_ = std::max(last_arrival_, route_.draw_arrival(bytes.size()));
  under_way_.push_back({kind, std::move(bytes), last_arrival_, false});
  arrivals_.add(route_.clock().after(last_arrival_ - route_.clock().now()).then([this] { deliver_due(); }));
}

// --- On the way ---

void SimPipe::deliver_due() {
  if (stalled_) return hold_due();
  while (!under_way_.empty() && under_way_.front().arrival <= route_.clock().now()) {
    Packet packet = std::move(under_way_.front());
    under_way_.pop_front();
    arrive(std::move(packet));
  }
  satisfy_reader();
}

void SimPipe::hold_due() {
  for (Packet& packet : under_way_) {
    if (packet.arrival > route_.clock().now()) return;
    if (!packet.held) route_.held(connection_);
    packet.held = true;
  }
}

bool SimPipe::holds_something() const {
  return !under_way_.empty() && under_way_.front().held;
}

void SimPipe::set_stalled(bool stalled, bool acks_stalled) {
  acks_stalled_ = acks_stalled;
  if (!acks_stalled_) make_room(std::exchange(acks_held_, 0));
  bool resumes = stalled_ && !stalled;
  stalled_ = stalled;
  if (resumes) arrivals_.add(route_.clock().after(route_.draw_delay()).then([this] { deliver_due(); }));
}

// --- The reader's end ---

void SimPipe::arrive(Packet packet) {
  route_.delivered(connection_, packet.bytes.size(), packet.held);
  switch (reader_) {
    case Reader::kOpen:
      return arrive_at_open_end(std::move(packet));
    case Reader::kClosed:
      return;
    case Reader::kOff:
      lost_something_ = true;
      return;
    case Reader::kRebooted:
      if (packet.kind != Kind::kReset) reverse_->send(Kind::kReset, {});
      return;
  }
}

void SimPipe::arrive_at_open_end(Packet packet) {
  arrived_ += packet.bytes;
  if (packet.kind == Kind::kEnd || packet.kind == Kind::kClose) ended_ = true;
  if (packet.kind == Kind::kReset && !broken_) {
    ++route_.counts().connections_reset;
    break_off();
  }
  if (packet.kind == Kind::kClose || packet.kind == Kind::kReset) reverse_->break_off();
}

void SimPipe::make_room(std::uint64_t bytes) {
  if (acks_stalled_) {
    acks_held_ += bytes;
    return;
  }
  window_used_ -= bytes;
  if (writing_ != nullptr && !writer_gone_ && bytes != 0) writing_->go_on();
}

void SimPipe::satisfy_reader() {
  if (reading_ == nullptr || reader_ != Reader::kOpen) return;
  make_room(reading_->take_from(arrived_));
  if (reading_->satisfied() && !reading_->full() && !under_way_.empty()) ++route_.counts().partial_reads;
  if (reading_->satisfied() || ended_)
    reading_->succeed();
  else if (broken_)
    reading_->fail();
}

kj::Promise<std::size_t> SimPipe::read(void* buffer, std::size_t min_bytes, std::size_t max_bytes) {
  return kj::newAdaptedPromise<std::size_t, Read>(*this, buffer, min_bytes, max_bytes);
}

void SimPipe::close_reader() {
  if (reader_ == Reader::kOpen) reader_ = Reader::kClosed;
}

// --- What becomes of it ---

void SimPipe::break_off() {
  if (broken_) return;
  broken_ = true;
  under_way_.clear();
  if (!writer_gone_) {
    broken_fulfiller_->fulfill();
    if (writing_ != nullptr) writing_->fail();
  }
  satisfy_reader();
}

void SimPipe::reboot_reader() {
  if (reader_ != Reader::kOff) return;
  reader_ = Reader::kRebooted;
  if (lost_something_ && !broken_) reverse_->send(Kind::kReset, {});  // it is being sent again and again
}

}  // namespace varve
