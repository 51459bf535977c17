// What arrives at a journal node, and what a node answers: messages, their control parts, their frames.
#include <kj/async-io.h>

#include <array>

#include "base/check.h"
#include "base/digest.h"
#include "editlog/frame_parser.h"
#include "journal/stream_channel.h"
#include "journal/wire.h"
#include "tests/fuzz/entry_points.h"
#include "tests/fuzz/exact_bytes.h"
#include "tests/fuzz/reseal.h"
#include "tests/fuzz/the_world.h"

namespace varve::fuzz {

namespace {

// What was decoded can be encoded, and then says the same.
template <typename T>
bool take_control(Result<T> (*decode)(Bytes), Bytes bytes) {
  const Result<T> decoded = decode(bytes);
  if (!decoded) return false;
  const std::string once = wire::encode(*decoded);
  const Result<T> again = decode(as_bytes(once));
  // Many pointers to one text are more when each has its own.
  if (again) CHECK(wire::encode(*again) == once, "a value has one form");
  return true;
}

bool take_any_control(Bytes bytes) {
  bool taken = take_control(wire::decode_open, bytes);
  taken |= take_control(wire::decode_opened, bytes);
  taken |= take_control(wire::decode_request, bytes);
  taken |= take_control(wire::decode_answer, bytes);
  taken |= take_control(wire::decode_order, bytes);
  taken |= take_control(wire::decode_copy_state, bytes);
  taken |= take_control(wire::decode_refusal, bytes);
  return taken;
}

bool take_frames(const StreamMessage& message) {
  if (message.payload.empty()) return true;
  const auto first = load_as<FrameHeader>(message.payload);
  const auto frames = parse_frames(message.payload, message.keep, first.namespace_id, first.lineage, "the fuzzer");
  if (!frames) return false;
  std::uint64_t bytes = 0;
  for (const FramePtr& frame : *frames) bytes += frame->bytes().size();
  CHECK(bytes == message.payload.size(), bytes, message.payload.size());
  return true;
}

Task<bool> take_messages(kj::Own<kj::AsyncIoStream> stream) {
  StreamChannel channel(kj::mv(stream), "the fuzzer");
  while (true) {
    auto message = co_await channel.receive();
    if (!message) co_return message.error().code() == ErrorCode::kClosed&& message.error().text().find("middle") == std::string::npos;
    bool taken = false;
    if (message->head.control_bytes > 0)
      taken = take_any_control(message->control());
    else
      taken = take_frames(*message);
    if (!taken) co_return false;
  }
}

bool parse_stream(Bytes bytes) {
  SimWorld& world = the_world();  // with the event loop
  auto pipe = kj::newTwoWayPipe();
  kj::Promise<void> writing = kj::READY_NOW;
  if (!bytes.empty()) writing = pipe.ends[0]->write(bytes.data(), bytes.size());
  kj::AsyncIoStream& sender = *pipe.ends[0];
  writing = writing.then([&sender] { sender.shutdownWrite(); }).catch_([](kj::Exception&&) {}).eagerlyEvaluate(nullptr);
  return world.wait(take_messages(kj::mv(pipe.ends[1])));
}

}  // namespace

bool run_stream(Bytes input) {
  ExactBytes bytes(input);
  const bool accepted = parse_stream(bytes.bytes());
  reseal_stream(bytes.mutable_bytes(), std::nullopt);
  parse_stream(bytes.bytes());
  return accepted;
}

}  // namespace varve::fuzz
