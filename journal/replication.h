// What the replication to one member needs of its writer, and tells it.
#pragma once

#include <optional>
#include <string>

#include "base/task.h"
#include "journal/frame_stream.h"
#include "journal/frame_window.h"
#include "journal/wire.h"

namespace varve {

class ReplicatedLog {
 public:
  virtual ~ReplicatedLog() noexcept(false) {}

  virtual const JournalIdentity& journal() const = 0;
  virtual wire::OpenAppend introduction() const = 0;  // of the writer
  virtual const FrameWindow& window() const = 0;
  virtual LogPosition committed() const = 0;
  // Another member that holds everything up to committed() and answers; nullopt: none does. With each attempt another one, where there are
  // several.
  virtual std::optional<std::string> source_for(Uuid disk, std::uint64_t attempt) const = 0;
  // The first txid of this writer's epoch.
  virtual TxId first_own() const = 0;
  // A member knows more to be committed than this writer has framed: the writer made a mistake, and must stop.
  virtual void on_contradiction(const std::string& text) = 0;
  // A member's acknowledged position has risen.
  virtual void on_acknowledged() = 0;
  // A voter promised a higher epoch: the reign is over.
  virtual void on_fenced(Epoch promised, const std::string& text) = 0;
  virtual Task<wire::Answer> change_members(wire::ChangeRequest request) = 0;
};

struct ReplicationOptions {
  std::uint64_t window_bytes = 8u << 20;                            // sent and not acknowledged, to one member
  std::uint64_t message_bytes = 1u << 20;                           // of one append, unless a single frame is larger
  std::uint64_t at_once_bytes = 64u << 10;                          // a frame of so many is sent as soon as it is made
  std::chrono::nanoseconds patience = std::chrono::seconds(5);      // for a connection and its opening
  std::chrono::nanoseconds silence_max = std::chrono::seconds(30);  // nothing heard while something is under way: connect again
  std::chrono::nanoseconds heartbeat = std::chrono::milliseconds(500);
  std::chrono::nanoseconds retry_min = std::chrono::milliseconds(20);  // between attempts, doubled up to retry_max
  std::chrono::nanoseconds retry_max = std::chrono::seconds(2);
};

}  // namespace varve
