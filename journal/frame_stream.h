// Frames from a journal node, in order, verified: what a reader, a node that was away and a repair read.
//
// Errors: kClosed, kIo: ask another node; kNotFound: purged there; kBusy: not there yet; kForeign: another history; kDamaged: not the
// journal's frames.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/seams.h"
#include "base/task.h"
#include "editlog/frame.h"
#include "journal/node_connection.h"

namespace varve {

struct JournalIdentity {
  std::string name;
  Uuid namespace_id;
  std::uint64_t lineage = 0;
};

class FrameStream {
 public:
  // Behind the highest of `after` that the node holds. With durable_to.txid > 0 up to that frame, committed or not; else committed frames,
  // and more as they come.
  static Task<Result<kj::Own<FrameStream>>> open(Seams seams, std::string address, JournalIdentity journal, std::vector<LogPosition> after,
                                                 LogPosition durable_to, std::chrono::nanoseconds patience);
  FrameStream(Seams seams, kj::Own<StreamChannel> channel, JournalIdentity journal, LogPosition at, std::chrono::nanoseconds patience);

  const std::string& address() const { return channel_->peer(); }
  const LogPosition& position() const { return at_; }  // of the last frame given out, or where it began
  TxId node_committed() const { return node_committed_; }

  // The next frames; none: a sign of life, nothing new. An error when nothing at all comes for the patience.
  Task<Result<std::vector<FramePtr>>> next();

 private:
  Seams seams_;
  kj::Own<StreamChannel> channel_;
  JournalIdentity journal_;
  LogPosition at_;
  TxId node_committed_;
  std::chrono::nanoseconds patience_;
};

// How often a node says on an idle stream that it is alive.
inline constexpr std::chrono::nanoseconds kSignOfLife = std::chrono::seconds(1);

}  // namespace varve
