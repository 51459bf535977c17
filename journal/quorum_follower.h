// Committed frames of a quorum for as long as somebody wants them: goes on where it was when nodes die, when all of them are away for a
// while, and when the members were replaced one by one.
//
// Threads: the event loop's.
// Errors:  next(): kIo while no majority or no member answers: call again; kNotFound: purged before they were read; kDamaged, kForeign:
//          another history.
#pragma once

#include <kj/memory.h>

#include <string>
#include <vector>

#include "base/seams.h"
#include "base/task.h"
#include "journal/quorum_journal.h"
#include "journal/quorum_reader.h"

namespace varve {

class QuorumFollower {
 public:
  QuorumFollower(Seams seams, JournalUrl url, QuorumOptions options) : seams_(seams), url_(std::move(url)), options_(options) {}

  // Where the log begins, and what is known to be committed. To be called first; frames come from the start on.
  Task<Result<JournalStatus>> begin();
  // Waits for frames.
  Task<Result<std::vector<FrameView>>> next();

 private:
  Task<Result<void>> open();
  void learn_members(const std::vector<FrameView>& frames);

  Seams seams_;
  JournalUrl url_;
  QuorumOptions options_;
  LogPosition at_;
  kj::Own<QuorumJournal> journal_;
  kj::Own<QuorumReader> reader_;  // destroyed first
};

}  // namespace varve
