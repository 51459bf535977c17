// A writer's connection to one copy, at the node's end.
//
// Owns:    the connection; the pull that its writer ordered.
// Threads: the event loop's.
// Bounds:  stops reading while more than `pending_bytes_max` wait to be stored, or `unsent_bytes_max` of answers to be read; ends when the
//          writer says nothing for `silence_max` and nothing is under way (it says every half second that it lives).
#pragma once

#include <map>

#include "base/seams.h"
#include "base/task.h"
#include "base/tasks.h"
#include "journal/journal_copy.h"
#include "journal/stream_channel.h"
#include "journal/wire.h"

namespace varve {

struct SessionLimits {
  std::uint64_t pending_bytes_max = 8u << 20;
  std::uint64_t unsent_bytes_max = 1u << 20;                        // of answers that the peer does not read
  unsigned orders_max = 4;                                          // under way at once
  std::chrono::nanoseconds patience = std::chrono::seconds(5);      // with other nodes, when pulling from them
  std::chrono::nanoseconds silence_max = std::chrono::seconds(30);  // of a peer that has stopped in the middle, or a writer without work
};

class AppendSession {
 public:
  AppendSession(Seams seams, JournalCopy& copy, kj::Own<StreamChannel> channel, wire::OpenAppend writer, SessionLimits limits);
  ~AppendSession() noexcept(false);

  const wire::OpenAppend& writer() const { return writer_; }
  const std::string& pulling_from() const { return pulling_from_; }

  // Until the connection ends; the reason.
  Task<Error> run();
  // Asks the writer to change the members. kClosed when the connection ends before the answer.
  kj::Promise<Result<wire::Answer>> forward(wire::ChangeRequest change);

 private:
  Task<Error> receive_all();
  Task<Error> when_silent();
  Task<Result<void>> serve(StreamMessage message);
  Result<void> take_append(const StreamMessage& message);
  Task<void> carry_out(std::uint64_t number, wire::Order order);
  Task<void> say_alive();
  void answer(std::uint64_t number, const StoreAnswer& answer);
  Result<void> take_answer(const StreamMessage& message);

  Seams seams_;
  JournalCopy& copy_;
  kj::Own<StreamChannel> channel_;
  wire::OpenAppend writer_;
  SessionLimits limits_;
  std::string pulling_from_;
  unsigned orders_ = 0;  // under way
  std::uint64_t forwarded_ = 0;
  std::map<std::uint64_t, kj::Own<kj::PromiseFulfiller<Result<wire::Answer>>>> forwarding_;
  Tasks tasks_;  // destroyed first
};

}  // namespace varve
