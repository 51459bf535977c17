#include "journal/append_client.h"

#include <fmt/format.h>

#include <utility>

#include "base/deadline.h"
#include "base/result.h"
#include "journal/node_connection.h"

namespace varve {

Task<Result<kj::Own<AppendClient>>> AppendClient::open(Seams seams, std::string address, JournalIdentity journal, wire::OpenAppend writer,
                                                       std::chrono::nanoseconds patience) {
  wire::Open open;
  open.journal = journal.name;
  open.namespace_id = journal.namespace_id;
  open.lineage = journal.lineage;
  open.kind = writer;
  CO_ASSIGN_OR_RETURN(OpenedConnection opened, co_await open_connection(seams, std::move(address), std::move(open), patience));
  co_return kj::heap<AppendClient>(seams, kj::mv(opened.channel), std::move(writer), patience);
}

AppendClient::AppendClient(Seams seams, kj::Own<StreamChannel> channel, wire::OpenAppend writer, std::chrono::nanoseconds patience)
    : seams_(seams), channel_(kj::mv(channel)), writer_(std::move(writer)), patience_(patience) {}

kj::Promise<Result<void>> AppendClient::append(LogPosition prev, std::vector<FramePtr> frames, TxId committed) {
  return within(seams_.clock, patience_, kj::Promise<Result<void>>(do_append(prev, std::move(frames), committed)),
                fmt::format("appending on {}", channel_->peer()));
}

Task<Result<void>> AppendClient::do_append(LogPosition prev, std::vector<FramePtr> frames, TxId committed) {
  const LogPosition end = frames.empty() ? prev : frames.back()->header().position();
  StreamHead head = control_head(StreamKind::kAppend, ++number_);
  head.epoch = writer_.epoch.value;
  head.set_position(prev);
  head.committed = committed.value;
  head.writer_end = end.txid.value;
  channel_->send(head, std::move(frames));
  while (true) {
    CO_ASSIGN_OR_RETURN(const StreamMessage message, co_await channel_->receive());
    if (message.head.number != number_) continue;
    if (message.head.stream_kind() == StreamKind::kRefused) {
      CO_ASSIGN_OR_RETURN(const wire::Refusal refusal, wire::decode_refusal(message.control()));
      co_return fail(refusal.error().within(channel_->peer()));
    }
    const LogPosition proven = message.head.position();
    if (message.head.stream_kind() == StreamKind::kStored && proven.txid == end.txid && proven.digest == end.digest) co_return ok();
    if (message.head.stream_kind() == StreamKind::kRequest) continue;  // only a reigning writer changes members
    co_return fail(ErrorCode::kDamaged, fmt::format("{} does not hold what stands at txid {} in the log that is copied to it",
                                                    channel_->peer(), prev.txid.value));
  }
}

}  // namespace varve
