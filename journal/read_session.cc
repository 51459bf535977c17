#include "journal/read_session.h"

#include <fmt/format.h>

#include "base/digest.h"
#include "base/result.h"
#include "journal/frame_stream.h"
#include "journal/node_connection.h"
#include "journal/stall_guard.h"

namespace varve {
namespace {

constexpr std::uint64_t kUnsentBytesMax = 2u << 20;

bool is_above(const FrameView& frame, TxId txid) {
  return frame.header->last() > txid;
}

}  // namespace

ReadSession::ReadSession(Seams seams, JournalCopy& copy, kj::Own<StreamChannel> channel, wire::OpenRead request,
                         std::chrono::nanoseconds patience)
    : seams_(seams), copy_(copy), channel_(kj::mv(channel)), request_(std::move(request)), patience_(patience), log_(copy.log()) {
  copy_.add_follower();
}

ReadSession::~ReadSession() noexcept(false) {
  copy_.remove_follower();
}

Task<Error> ReadSession::run() {
  kj::Promise<Error> stalling = when_stalled(seams_.clock, *channel_, patience_);
  kj::Promise<Error> serving = serve();
  co_return co_await serving.exclusiveJoin(kj::mv(stalling));
}

Task<Error> ReadSession::serve() {
  auto begun = co_await begin();
  if (!begun) {
    channel_->send(control_head(StreamKind::kOpened), wire::encode(wire::Opened(wire::Refusal::of(begun.error()))));
    co_await channel_->when_unsent_below(0);
    co_return begun.error();
  }
  channel_->send(control_head(StreamKind::kOpened), wire::encode(wire::Opened(*begun)));
  kj::Promise<Error> sending = kj::Promise<Result<void>>(send_frames(*begun)).then([](Result<void>&& sent) {
    return sent ? Error(ErrorCode::kClosed, "all was sent") : sent.error();
  });
  co_return co_await sending.exclusiveJoin(when_gone());
}

// A reader says nothing more: whatever comes is its end.
kj::Promise<Error> ReadSession::when_gone() {
  return kj::Promise<Result<StreamMessage>>(channel_->receive()).then([](Result<StreamMessage>&& message) {
    return message ? Error(ErrorCode::kDamaged, "a reader sent something on its connection") : message.error();
  });
}

// The highest of the reader's frames that is here, and for committed frames is committed.
Task<Result<LogPosition>> ReadSession::begin() {
  if (copy_.failure()) co_return fail(copy_.failure()->code(), copy_.failure()->text());
  const TxId limit = follows() ? log_->committed().txid : log_->end().txid;
  if (!follows()) {
    if (request_.durable_to.txid < log_->start().position.txid)
      co_return fail(ErrorCode::kNotFound, fmt::format("txid {} is purged, the log begins behind txid {}", request_.durable_to.txid.value,
                                                       log_->start().position.txid.value));
    auto end = co_await log_->find(request_.durable_to.txid);
    if (!end) co_return fail(end.error());
    if (!*end || (*end)->digest != request_.durable_to.digest)
      co_return fail(ErrorCode::kBusy,
                     fmt::format("txid {} with digest {} is not here", request_.durable_to.txid.value, to_hex(request_.durable_to.digest)));
  }
  bool above = false;
  for (auto candidate = request_.after.rbegin(); candidate != request_.after.rend(); ++candidate) {
    if (candidate->txid > limit) {
      above = true;
      continue;
    }
    if (candidate->txid < log_->start().position.txid)
      co_return fail(ErrorCode::kNotFound, fmt::format("reading behind txid {}: purged, the log begins behind txid {}",
                                                       candidate->txid.value, log_->start().position.txid.value));
    auto found = co_await log_->find(candidate->txid);
    if (!found) co_return fail(found.error());
    if (*found && (*found)->digest == candidate->digest) co_return **found;
  }
  if (above)
    co_return fail(ErrorCode::kBusy, fmt::format("it is {} only up to txid {} here", follows() ? "committed" : "stored", limit.value));
  co_return fail(ErrorCode::kForeign, "none of the frames that the reader holds is in this log: it has another history");
}

Task<Result<void>> ReadSession::send_frames(LogPosition from) {
  at_ = from;
  while (follows() || at_.txid < request_.durable_to.txid) {
    co_await channel_->when_unsent_below(kUnsentBytesMax);
    if (copy_.log() != log_) co_return fail(ErrorCode::kClosed, "the log was opened again");
    CO_ASSIGN_OR_RETURN(const std::vector<FrameView> frames, co_await read_next());
    if (!frames.empty()) {
      send(frames);
      at_ = frames.back().header->position();
    } else if (follows()) {
      co_await wait_for_more();
    } else {
      co_return fail(ErrorCode::kDamaged, fmt::format("the log ends at txid {} now", log_->end().txid.value));
    }
  }
  co_await channel_->when_unsent_below(0);
  co_return ok();
}

// From memory when they are there, else from the file.
Task<Result<std::vector<FrameView>>> ReadSession::read_next() {
  std::vector<FrameView> views;
  if (follows()) {
    for (const FramePtr& frame : copy_.recent_after(at_)) views.push_back({&frame->header(), frame->body(), frame});
    if (!views.empty()) {
      reader_ = nullptr;
      co_return views;
    }
    if (at_.txid >= log_->committed().txid) co_return views;
  }
  if (reader_.get() == nullptr) {
    kj::Promise<Result<kj::Own<LogReader>>> opening = follows() ? log_->read(at_.txid.next()) : log_->read_durable(at_.txid.next());
    CO_ASSIGN_OR_RETURN(reader_, co_await kj::mv(opening));
  }
  CO_ASSIGN_OR_RETURN(views, co_await reader_->next());
  std::erase_if(views, [this](const FrameView& frame) { return !is_above(frame, at_.txid); });
  if (!follows()) std::erase_if(views, [this](const FrameView& frame) { return is_above(frame, request_.durable_to.txid); });
  co_return views;
}

void ReadSession::send(const std::vector<FrameView>& frames) {
  StreamHead head = control_head(StreamKind::kFrames, ++number_);
  head.committed = log_->committed().txid.value;
  std::vector<Bytes> pieces;
  std::vector<std::shared_ptr<const void>> keep;
  for (const FrameView& frame : frames) {
    pieces.push_back(frame.bytes());
    keep.push_back(frame.keep);
  }
  channel_->send_bytes(head, std::move(pieces), std::move(keep));
}

Task<void> ReadSession::wait_for_more() {
  kj::Promise<bool> more = copy_.when_committed_above(at_.txid).then([] { return true; });
  kj::Promise<bool> idle = seams_.clock.after(kSignOfLife).then([] { return false; });
  const bool risen = co_await more.exclusiveJoin(kj::mv(idle));
  if (!risen) send({});
}

}  // namespace varve
