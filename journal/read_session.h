// A reader's connection to one copy, at the node's end: committed frames, and more as soon as they are committed; or frames up to one
// that the reader names, committed or not.
//
// Threads: the event loop's.
// Bounds:  reads on only when the connection has taken what was read before; ends when it takes nothing for `patience`.
#pragma once

#include "base/seams.h"
#include "base/task.h"
#include "journal/journal_copy.h"
#include "journal/stream_channel.h"

namespace varve {

class ReadSession {
 public:
  ReadSession(Seams seams, JournalCopy& copy, kj::Own<StreamChannel> channel, wire::OpenRead request, std::chrono::nanoseconds patience);
  ~ReadSession() noexcept(false);

  // Answers the opening, then sends until the connection ends or all was sent; the reason.
  Task<Error> run();

 private:
  Task<Error> serve();
  Task<Result<LogPosition>> begin();
  Task<Result<void>> send_frames(LogPosition from);
  Task<Result<std::vector<FrameView>>> read_next();
  void send(const std::vector<FrameView>& frames);
  Task<void> wait_for_more();
  kj::Promise<Error> when_gone();
  bool follows() const { return request_.durable_to.txid.value == 0; }

  Seams seams_;
  JournalCopy& copy_;
  kj::Own<StreamChannel> channel_;
  wire::OpenRead request_;
  std::chrono::nanoseconds patience_;
  std::shared_ptr<LocalLog> log_;  // that reader_ reads
  kj::Own<LogReader> reader_;
  LogPosition at_;
  std::uint64_t number_ = 0;
};

}  // namespace varve
