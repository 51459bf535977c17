// A client's connection to a journal node: opened, and then asked one thing after the other, or given away as a stream of frames.
//
// Threads: the event loop's.
// Errors:  kClosed: nobody listens, or the connection broke; kIo: no answer in time; else what the node refused with.
#pragma once

#include <chrono>
#include <string>

#include "base/seams.h"
#include "base/task.h"
#include "base/turns.h"
#include "journal/stream_channel.h"
#include "journal/wire.h"

namespace varve {

struct OpenedConnection {
  kj::Own<StreamChannel> channel;
  wire::Opened opened;  // not a Refusal
};

// Connects to `address` (host:port), says `open` and waits for the answer, for at most `patience` in all. A refusal is an error; its text
// names the node.
Task<Result<OpenedConnection>> open_connection(Seams seams, std::string address, wire::Open open, std::chrono::nanoseconds patience);
// The same, with a refusal as a value in `opened`.
Task<Result<OpenedConnection>> open_or_be_refused(Seams seams, std::string address, wire::Open open, std::chrono::nanoseconds patience);

// The head of a control message of this kind.
StreamHead control_head(StreamKind kind, std::uint64_t number = 0);

// Questions and answers on a control connection.
class NodeConnection {
 public:
  static Task<Result<kj::Own<NodeConnection>>> open(Seams seams, std::string address, wire::Open open, std::chrono::nanoseconds patience);
  NodeConnection(Seams seams, OpenedConnection connection, std::chrono::nanoseconds patience);

  const std::string& address() const { return channel_->peer(); }
  const wire::Opened& opened() const { return opened_; }

  // A refusal is an error of its code. After kClosed or kIo the connection is of no more use.
  kj::Promise<Result<wire::Answer>> ask(wire::Request request);
  // The same, with the refusal as a value.
  kj::Promise<Result<wire::Answer>> ask_for_answer(wire::Request request);

 private:
  Task<Result<wire::Answer>> do_ask(wire::Request request);

  Seams seams_;
  kj::Own<StreamChannel> channel_;
  wire::Opened opened_;
  std::chrono::nanoseconds patience_;
  Turns turns_;
  std::uint64_t number_ = 0;
};

}  // namespace varve
