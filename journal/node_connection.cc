#include "journal/node_connection.h"

#include <fmt/format.h>

#include <optional>

#include "base/deadline.h"
#include "base/result.h"

namespace varve {
namespace {

Task<Result<kj::Own<kj::AsyncIoStream>>> connect(Network& network, std::string address) {
  kj::Promise<kj::Own<kj::AsyncIoStream>> connecting = network.connect(address);
  std::string why;
  kj::Own<kj::AsyncIoStream> stream;
  try {
    stream = co_await kj::mv(connecting);
  } catch (const kj::Exception& exception) {
    why = exception.getDescription().cStr();
  }
  if (stream.get() == nullptr) co_return fail(ErrorCode::kClosed, fmt::format("connecting to {}: {}", address, why));
  co_return kj::mv(stream);
}

Task<Result<OpenedConnection>> do_open(Seams seams, std::string address, wire::Open open) {
  CO_ASSIGN_OR_RETURN(kj::Own<kj::AsyncIoStream> stream, co_await connect(seams.network, address));
  OpenedConnection connection;
  connection.channel = kj::heap<StreamChannel>(kj::mv(stream), address);
  connection.channel->send(control_head(StreamKind::kOpen), wire::encode(open));
  CO_ASSIGN_OR_RETURN(const StreamMessage answer, co_await connection.channel->receive());
  if (answer.head.stream_kind() != StreamKind::kOpened)
    co_return fail(ErrorCode::kDamaged, fmt::format("{} answered the opening of a connection with something else", address));
  CO_ASSIGN_OR_RETURN(connection.opened, wire::decode_opened(answer.control()));
  co_return kj::mv(connection);
}

}  // namespace

StreamHead control_head(StreamKind kind, std::uint64_t number) {
  StreamHead head;
  head.kind = static_cast<std::uint16_t>(kind);
  head.number = number;
  return head;
}

Task<Result<OpenedConnection>> open_connection(Seams seams, std::string address, wire::Open open, std::chrono::nanoseconds patience) {
  CO_ASSIGN_OR_RETURN(OpenedConnection connection, co_await open_or_be_refused(seams, address, std::move(open), patience));
  if (const auto* refused = std::get_if<wire::Refusal>(&connection.opened)) co_return fail(refused->error().within(address));
  co_return kj::mv(connection);
}

Task<Result<OpenedConnection>> open_or_be_refused(Seams seams, std::string address, wire::Open open, std::chrono::nanoseconds patience) {
  std::string doing = fmt::format("connecting to {}", address);
  kj::Promise<Result<OpenedConnection>> opening = do_open(seams, std::move(address), std::move(open));
  co_return co_await within(seams.clock, patience, kj::mv(opening), std::move(doing));
}

Task<Result<kj::Own<NodeConnection>>> NodeConnection::open(Seams seams, std::string address, wire::Open open,
                                                           std::chrono::nanoseconds patience) {
  CO_ASSIGN_OR_RETURN(OpenedConnection connection, co_await open_connection(seams, std::move(address), std::move(open), patience));
  co_return kj::heap<NodeConnection>(seams, kj::mv(connection), patience);
}

NodeConnection::NodeConnection(Seams seams, OpenedConnection connection, std::chrono::nanoseconds patience)
    : seams_(seams), channel_(kj::mv(connection.channel)), opened_(std::move(connection.opened)), patience_(patience) {}

kj::Promise<Result<wire::Answer>> NodeConnection::ask_for_answer(wire::Request request) {
  return within(seams_.clock, patience_, kj::Promise<Result<wire::Answer>>(do_ask(std::move(request))),
                fmt::format("asking {}", channel_->peer()));
}

kj::Promise<Result<wire::Answer>> NodeConnection::ask(wire::Request request) {
  return ask_for_answer(std::move(request)).then([this](Result<wire::Answer>&& answer) -> Result<wire::Answer> {
    if (!answer) return kj::mv(answer);
    if (const auto* refused = std::get_if<wire::Refusal>(&*answer)) return fail(refused->error().within(channel_->peer()));
    return kj::mv(answer);
  });
}

Task<Result<wire::Answer>> NodeConnection::do_ask(wire::Request request) {
  const Turns::Turn turn = co_await turns_.take();
  const std::uint64_t number = ++number_;
  channel_->send(control_head(StreamKind::kRequest, number), wire::encode(request));
  while (true) {
    CO_ASSIGN_OR_RETURN(const StreamMessage message, co_await channel_->receive());
    if (message.head.stream_kind() != StreamKind::kAnswer)
      co_return fail(ErrorCode::kDamaged, fmt::format("{} sent something else than an answer", channel_->peer()));
    if (message.head.number != number) continue;  // of a question that was given up
    co_return wire::decode_answer(message.control());
  }
}

}  // namespace varve
