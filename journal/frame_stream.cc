#include "journal/frame_stream.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/deadline.h"
#include "base/digest.h"
#include "base/result.h"
#include "editlog/frame_parser.h"

namespace varve {

Task<Result<kj::Own<FrameStream>>> FrameStream::open(Seams seams, std::string address, JournalIdentity journal,
                                                     std::vector<LogPosition> after, LogPosition durable_to,
                                                     std::chrono::nanoseconds patience) {
  wire::Open open;
  open.journal = journal.name;
  open.namespace_id = journal.namespace_id;
  open.lineage = journal.lineage;
  wire::OpenRead read;
  read.after = after;
  read.durable_to = durable_to;
  open.kind = std::move(read);
  CO_ASSIGN_OR_RETURN(OpenedConnection connection, co_await open_connection(seams, address, std::move(open), patience));
  const auto* at = std::get_if<LogPosition>(&connection.opened);
  if (at == nullptr) co_return fail(ErrorCode::kDamaged, fmt::format("{} did not say where its frames begin", address));
  const auto begin = std::ranges::find_if(after, [at](const LogPosition& p) { return p.txid == at->txid && p.digest == at->digest; });
  if (begin == after.end())
    co_return fail(ErrorCode::kDamaged,
                   fmt::format("{} begins behind txid {}, {}, which was not asked for", address, at->txid.value, to_hex(at->digest)));
  co_return kj::heap<FrameStream>(seams, kj::mv(connection.channel), std::move(journal), *begin, patience);
}

FrameStream::FrameStream(Seams seams, kj::Own<StreamChannel> channel, JournalIdentity journal, LogPosition at,
                         std::chrono::nanoseconds patience)
    : seams_(seams), channel_(kj::mv(channel)), journal_(std::move(journal)), at_(at), patience_(patience) {}

Task<Result<std::vector<FramePtr>>> FrameStream::next() {
  kj::Promise<Result<StreamMessage>> receiving = channel_->receive();
  std::string doing = fmt::format("reading frames from {}", channel_->peer());
  auto received = co_await within(seams_.clock, patience_, kj::mv(receiving), std::move(doing));
  if (!received) co_return fail(received.error());
  const StreamHead& head = received->head;
  if (head.stream_kind() == StreamKind::kRefused) {
    CO_ASSIGN_OR_RETURN(const wire::Refusal refusal, wire::decode_refusal(received->control()));
    co_return fail(refusal.error().within(channel_->peer()));
  }
  if (head.stream_kind() != StreamKind::kFrames)
    co_return fail(ErrorCode::kDamaged, fmt::format("{} sent something else than frames", channel_->peer()));
  CO_ASSIGN_OR_RETURN(std::vector<FramePtr> frames,
                      parse_frames(received->payload, received->keep, journal_.namespace_id, journal_.lineage, channel_->peer()));
  node_committed_ = TxId{head.committed};
  if (frames.empty()) co_return frames;
  const FrameHeader& first = frames.front()->header();
  if (first.first() != at_.txid.next() || first.previous != at_.digest)
    co_return fail(ErrorCode::kDamaged,
                   fmt::format("{} sent a frame of txid {} that follows {}; expected one behind txid {}, {}", channel_->peer(),
                               first.first_txid, to_hex(first.previous), at_.txid.value, to_hex(at_.digest)));
  at_ = frames.back()->header().position();
  co_return frames;
}

}  // namespace varve
