#include "journal/frame_pull.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/digest.h"
#include "base/result.h"

namespace varve {

Task<StoreAnswer> pull_frames(Seams seams, JournalCopy& copy, JournalIdentity journal, Epoch epoch, Uuid writer, wire::PullOrder order,
                              std::chrono::nanoseconds patience) {
  std::vector<LogPosition> held = copy.state().branches;
  auto opened = co_await FrameStream::open(seams, order.source, std::move(journal), std::move(held), order.to, patience);
  if (!opened) co_return StoreAnswer(wire::Refusal::of(opened.error()));
  kj::Own<FrameStream> stream = kj::mv(*opened);
  ++copy.counts().pulls;
  std::optional<kj::Promise<StoreAnswer>> storing;  // the frames before are stored while the next ones come
  while (stream->position().txid < order.to.txid) {
    const LogPosition prev = stream->position();
    auto frames = co_await stream->next();
    if (!frames) co_return StoreAnswer(wire::Refusal::of(frames.error()));
    if (frames->empty()) continue;
    if (storing) {
      StoreAnswer stored = co_await *std::exchange(storing, std::nullopt);
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
    storing = copy.append(std::move(request));
  }
  if (stream->position().digest != order.to.digest)
    co_return StoreAnswer(wire::Refusal{
        ErrorCode::kDamaged,
        fmt::format("{} has another frame at txid {} than the one that was ordered", order.source, order.to.txid.value), Epoch{0}});
  if (!storing) {
    AppendRequest nothing;
    nothing.epoch = epoch;
    nothing.writer = writer;
    nothing.prev = stream->position();
    storing = copy.append(std::move(nothing));
  }
  StoreAnswer last = co_await *std::exchange(storing, std::nullopt);
  co_return last;
}

}  // namespace varve
