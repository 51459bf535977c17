// Appends to one copy, one request after the other: for who fills a journal, where MemberReplication serves a writer.
//
// Owns:    the connection.
// Threads: the event loop's.
// Durable: what append() resolved with.
// Errors:  any is final for the connection.
#pragma once

#include <kj/memory.h>

#include <chrono>
#include <string>
#include <vector>

#include "base/seams.h"
#include "base/task.h"
#include "journal/frame_stream.h"
#include "journal/stream_channel.h"
#include "journal/wire.h"

namespace varve {

class AppendClient {
 public:
  static Task<Result<kj::Own<AppendClient>>> open(Seams seams, std::string address, JournalIdentity journal, wire::OpenAppend writer,
                                                  std::chrono::nanoseconds patience);
  AppendClient(Seams seams, kj::Own<StreamChannel> channel, wire::OpenAppend writer, std::chrono::nanoseconds patience);

  // The copy holds `prev` and, behind it, these frames, durably; it knows everything up to `committed` to be committed.
  kj::Promise<Result<void>> append(LogPosition prev, std::vector<FramePtr> frames, TxId committed);

 private:
  Task<Result<void>> do_append(LogPosition prev, std::vector<FramePtr> frames, TxId committed);

  Seams seams_;
  kj::Own<StreamChannel> channel_;
  wire::OpenAppend writer_;
  std::chrono::nanoseconds patience_;
  std::uint64_t number_ = 0;
};

}  // namespace varve
