// Reads committed frames from whichever member gives them; goes to another one when one fails, where it left off.
//
// Threads: the event loop's.
// Errors:  kNotFound: purged everywhere it asked; kDamaged: the members have another history than the reader.
#pragma once

#include <kj/memory.h>

#include <chrono>
#include <optional>
#include <string>

#include "base/task.h"
#include "editlog/log_reader.h"
#include "journal/frame_stream.h"

namespace varve {

class QuorumJournal;

class QuorumReader final : public LogReader {
 public:
  // The journal outlives the reader.
  QuorumReader(QuorumJournal& journal, LogPosition after) : journal_(journal), at_(after) {}
  ~QuorumReader() noexcept(false) override {}

  // Up to what the journal knows to be committed; no frames: it stands there.
  kj::Promise<Result<std::vector<FrameView>>> next() override { return do_next(); }
  // Waits for frames.
  Task<Result<std::vector<FrameView>>> follow();

  const LogPosition& position() const { return at_; }
  std::uint64_t changes_of_member() const { return changes_; }

 private:
  Task<Result<std::vector<FrameView>>> do_next();
  Task<Result<void>> ensure_stream(std::chrono::nanoseconds until);
  Task<Result<std::vector<FrameView>>> take(bool wait);

  QuorumJournal& journal_;
  LogPosition at_;
  kj::Own<FrameStream> stream_;
  std::size_t next_member_ = 0;
  std::uint64_t changes_ = 0;
  std::chrono::nanoseconds heard_{0};  // when frames came last
  std::optional<Error> purged_;        // a member has purged what comes next; since then no frames came
};

}  // namespace varve
