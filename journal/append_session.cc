#include "journal/append_session.h"

#include <fmt/format.h>

#include "base/result.h"
#include "editlog/frame_parser.h"
#include "journal/frame_pull.h"
#include "journal/frame_stream.h"
#include "journal/node_connection.h"

namespace varve {

AppendSession::AppendSession(Seams seams, JournalCopy& copy, kj::Own<StreamChannel> channel, wire::OpenAppend writer, SessionLimits limits)
    : seams_(seams), copy_(copy), channel_(kj::mv(channel)), writer_(std::move(writer)), limits_(limits) {}

AppendSession::~AppendSession() noexcept(false) {
  for (auto& [number, waiting] : forwarding_)
    waiting->fulfill(Result<wire::Answer>(fail(ErrorCode::kClosed, "the writer's connection ended")));
}

// While a pull takes its time the writer hears nothing else.
Task<void> AppendSession::say_alive() {
  while (true) {
    co_await seams_.clock.after(kSignOfLife);
    StreamHead head = control_head(StreamKind::kStored, 0);
    head.epoch = writer_.epoch.value;
    channel_->send(head);
  }
}

Task<Error> AppendSession::run() {
  while (true) {
    co_await copy_.when_pending_below(limits_.pending_bytes_max);
    auto message = co_await channel_->receive();
    if (!message) co_return message.error();
    auto served = co_await serve(std::move(*message));
    if (!served) co_return served.error();
  }
}

Task<Result<void>> AppendSession::serve(StreamMessage message) {
  switch (message.head.stream_kind()) {
    case StreamKind::kAppend:
      co_return take_append(message);
    case StreamKind::kOrder: {
      CO_ASSIGN_OR_RETURN(wire::Order order, wire::decode_order(message.control()));
      tasks_.add(carry_out(message.head.number, std::move(order)));
      co_return ok();
    }
    case StreamKind::kAnswer:
      co_return take_answer(message);
    default:
      co_return fail(ErrorCode::kDamaged,
                     fmt::format("{} sent a message of kind {} on an append connection", channel_->peer(), message.head.kind));
  }
}

Result<void> AppendSession::take_append(const StreamMessage& message) {
  AppendRequest request;
  request.epoch = writer_.epoch;
  request.writer = writer_.writer;
  request.prev = message.head.position();
  request.committed = TxId{message.head.committed};
  ASSIGN_OR_RETURN(request.frames, parse_frames(message.payload, message.keep, copy_.namespace_id(), copy_.lineage(), channel_->peer()));
  if (!request.frames.empty()) {
    const FrameHeader& first = request.frames.front()->header();
    if (first.first() != request.prev.txid.next() || first.previous != request.prev.digest)
      return fail(ErrorCode::kDamaged, fmt::format("{} appends a frame of txid {} that does not follow txid {}", channel_->peer(),
                                                   first.first_txid, request.prev.txid.value));
  }
  copy_.note_writer(writer_.writer_name, writer_.writer_host, TxId{message.head.writer_end});
  const std::uint64_t number = message.head.number;
  tasks_.add(copy_.append(std::move(request)).then([this, number](StoreAnswer&& stored) { answer(number, stored); }));
  return ok();
}

void AppendSession::answer(std::uint64_t number, const StoreAnswer& answer) {
  if (const auto* stored = std::get_if<Stored>(&answer)) {
    StreamHead head = control_head(StreamKind::kStored, number);
    head.epoch = writer_.epoch.value;
    head.set_position(stored->proven);
    head.committed = copy_.log()->committed().txid.value;
    channel_->send(head);
  } else if (const auto* refused = std::get_if<wire::Refusal>(&answer)) {
    channel_->send(control_head(StreamKind::kRefused, number), wire::encode(*refused));
  } else {
    channel_->send(control_head(StreamKind::kMismatch, number), wire::encode(copy_.state()));
  }
}

Task<void> AppendSession::carry_out(std::uint64_t number, wire::Order order) {
  StoreAnswer done = Mismatch{};
  if (auto* pull = std::get_if<wire::PullOrder>(&order)) {
    pulling_from_ = pull->source;
    JournalIdentity journal;
    journal.name = copy_.name();
    journal.namespace_id = copy_.namespace_id();
    journal.lineage = copy_.lineage();
    const kj::Promise<void> alive = kj::Promise<void>(say_alive()).eagerlyEvaluate(nullptr);
    done = co_await pull_frames(seams_, copy_, std::move(journal), writer_.epoch, writer_.writer, std::move(*pull), limits_.patience);
    pulling_from_.clear();
  } else if (auto* restart = std::get_if<wire::RestartOrder>(&order)) {
    done = co_await copy_.restart(writer_.epoch, writer_.writer, std::move(restart->start));
  } else {
    done = co_await copy_.settle(writer_.epoch, writer_.writer, std::get<wire::SettleOrder>(order).upto);
  }
  answer(number, done);
}

kj::Promise<Result<wire::Answer>> AppendSession::forward(wire::ChangeRequest change) {
  auto paf = kj::newPromiseAndFulfiller<Result<wire::Answer>>();
  forwarding_.emplace(++forwarded_, kj::mv(paf.fulfiller));
  channel_->send(control_head(StreamKind::kRequest, forwarded_), wire::encode(wire::Request(std::move(change))));
  return kj::mv(paf.promise);
}

Result<void> AppendSession::take_answer(const StreamMessage& message) {
  ASSIGN_OR_RETURN(wire::Answer answer, wire::decode_answer(message.control()));
  const auto waiting = forwarding_.find(message.head.number);
  if (waiting == forwarding_.end()) return ok();
  waiting->second->fulfill(std::move(answer));
  forwarding_.erase(waiting);
  return ok();
}

}  // namespace varve
