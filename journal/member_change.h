// Changes the members of a quorum, through the active writer: protocol section 6.
//
// Threads: the event loop's.
// Errors:  kNotFound, kExists: no such member, or one already (the text names those there are); kRefused: no writer is connected to any
//          node, or the writer would lose its majority; kIo: not done in time (what is under way goes on, and the same call waits for it).
#pragma once

#include <chrono>
#include <string>

#include "base/seams.h"
#include "base/task.h"
#include "journal/journal_url.h"
#include "journal/quorum_survey.h"
#include "journal/wire.h"
#include "journal/work_watcher.h"

namespace varve {

struct MemberChangeOptions {
  std::chrono::nanoseconds node_patience = std::chrono::seconds(5);
  std::chrono::nanoseconds change_patience = std::chrono::seconds(30);  // until the writer has committed a record
  std::chrono::nanoseconds writer_patience = std::chrono::seconds(5);   // until one is connected to any node
  std::chrono::nanoseconds stall_patience = std::chrono::seconds(60);   // a learner that comes no further
  std::chrono::nanoseconds poll = std::chrono::milliseconds(200);
};

class MemberChange {
 public:
  // The watcher outlives it.
  MemberChange(Seams seams, JournalUrl url, MemberChangeOptions options, WorkWatcher& watcher)
      : seams_(seams), url_(std::move(url)), options_(options), watcher_(watcher) {}

  // Makes an empty copy on the node at `address`, makes it a learner and waits until it votes. A learner already: waits.
  Task<Result<void>> add(std::string address);
  // `force`: also when those that remain are no live majority.
  Task<Result<void>> remove(std::string address, bool force);
  // `added` becomes a learner; when it has caught up `removed` goes; then `added` votes.
  Task<Result<void>> replace(std::string removed, std::string added);

 private:
  Task<Result<void>> look();
  Task<Result<void>> make_learner(std::string address);
  Task<Result<void>> drop(std::string address, bool force);
  Task<Result<void>> ask_writer(wire::ChangeRequest request);
  Task<Result<bool>> ask_each(const wire::ChangeRequest& request);
  bool is_done(const wire::ChangeRequest& request) const;
  Task<Result<void>> wait_until_it_votes(std::string address);
  Task<Result<void>> wait_until_caught_up(std::string address, TxId target);
  Task<Result<void>> wait_for_member(std::string address, std::string what, TxId caught_up);

  Seams seams_;
  JournalUrl url_;
  const MemberChangeOptions options_;
  WorkWatcher& watcher_;
  QuorumFindings findings_;
};

}  // namespace varve
