// A writer's connection to one copy, at the node's end.
//
// Owns:    the connection; the pull that its writer ordered.
// Threads: the event loop's.
// Bounds:  stops reading while more than `pending_bytes_max` wait to be stored.
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
  std::chrono::nanoseconds patience = std::chrono::seconds(5);  // with other nodes, when pulling from them
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
  std::uint64_t forwarded_ = 0;
  std::map<std::uint64_t, kj::Own<kj::PromiseFulfiller<Result<wire::Answer>>>> forwarding_;
  Tasks tasks_;  // destroyed first
};

}  // namespace varve
