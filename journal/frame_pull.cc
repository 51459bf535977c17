#include "journal/frame_pull.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>

#include "base/digest.h"
#include "base/result.h"

namespace varve {
namespace {

constexpr std::uint64_t kStoringBytesMax = 8u << 20;

// Frames that came and are being stored while the next ones come: what has come by the time the disk is free is written at once.
class Storing {
 public:
  explicit Storing(JournalCopy& copy) : copy_(copy) {}

  void add(AppendRequest request) {
    std::uint64_t bytes = 0;
    for (const FramePtr& frame : request.frames) bytes += frame->header().frame_bytes();
    bytes_ += bytes;
    appends_.push_back({bytes, copy_.append(std::move(request))});
  }
  bool empty() const { return appends_.empty(); }
  bool full() const { return bytes_ > kStoringBytesMax; }
  // Precondition: !empty().
  kj::Promise<StoreAnswer> take_first() {
    kj::Promise<StoreAnswer> answer = kj::mv(appends_.front().answer);
    bytes_ -= appends_.front().bytes;
    appends_.pop_front();
    return answer;
  }

 private:
  struct Append {
    std::uint64_t bytes;
    kj::Promise<StoreAnswer> answer;
  };

  JournalCopy& copy_;
  std::deque<Append> appends_;
  std::uint64_t bytes_ = 0;
};

}  // namespace

Task<StoreAnswer> pull_frames(Seams seams, JournalCopy& copy, JournalIdentity journal, Epoch epoch, Uuid writer, wire::PullOrder order,
                              std::chrono::nanoseconds patience) {
  std::vector<LogPosition> held = copy.state().branches;
  auto opened = co_await FrameStream::open(seams, order.source, std::move(journal), std::move(held), order.to, patience);
  if (!opened) co_return StoreAnswer(wire::Refusal::of(opened.error()));
  kj::Own<FrameStream> stream = kj::mv(*opened);
  ++copy.counts().pulls;
  Storing storing(copy);
  while (stream->position().txid < order.to.txid) {
    const LogPosition prev = stream->position();
    auto frames = co_await stream->next();
    if (!frames) co_return StoreAnswer(wire::Refusal::of(frames.error()));
    if (frames->empty()) continue;
    while (storing.full()) {
      StoreAnswer stored = co_await storing.take_first();
      if (!std::holds_alternative<Stored>(stored)) co_return stored;
    }
    copy.counts().frames_pulled += frames->size();
    AppendRequest request;
    request.epoch = epoch;
    request.writer = writer;
    request.prev = prev;
    // What the source knows to be committed is the journal's history, and these frames are its.
    request.committed = std::min(stream->node_committed(), frames->back()->header().last());
    request.frames = std::move(*frames);
    storing.add(std::move(request));
  }
  if (stream->position().digest != order.to.digest)
    co_return StoreAnswer(wire::Refusal{
        ErrorCode::kDamaged,
        fmt::format("{} has another frame at txid {} than the one that was ordered", order.source, order.to.txid.value), Epoch{0}});
  if (storing.empty()) {
    AppendRequest nothing;
    nothing.epoch = epoch;
    nothing.writer = writer;
    nothing.prev = stream->position();
    storing.add(std::move(nothing));
  }
  while (true) {
    StoreAnswer stored = co_await storing.take_first();
    if (storing.empty() || !std::holds_alternative<Stored>(stored)) co_return stored;
  }
}

}  // namespace varve
