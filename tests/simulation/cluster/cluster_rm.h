// A resource manager's process in a simulated cluster, as far as the journal sees it: it stands when its elector says so, appends while
// it reigns, and follows the log as a reader all the time.
//
// Errors: an answer that contradicts the history is kept in broken().
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "base/sim/sim_world.h"
#include "base/tasks.h"
#include "journal/quorum_journal.h"
#include "journal/quorum_reader.h"
#include "tests/simulation/cluster/cluster_history.h"

namespace varve {

struct ClusterRmCounts {
  std::uint64_t reigns = 0;
  std::uint64_t reigns_under_load = 0;  // won while something was pending or had been submitted since the last
  std::uint64_t failed_candidacies = 0;
  std::uint64_t members_changed = 0;
  std::uint64_t changes_refused = 0;
  std::uint64_t frames_followed = 0;
  std::uint64_t followers_moved = 0;
  std::uint64_t outcomes = 0;
  std::uint64_t overtaken_by_purge = 0;
};

class ClusterRm {
 public:
  ClusterRm(SimWorld& world, SimMachine& machine, std::string name, std::vector<std::string> addresses, QuorumOptions options,
            ClusterHistory& history, ClusterRmCounts& counts);
  ~ClusterRm() noexcept;

  // Becomes the writer as soon as it can, again and again, until it has.
  void stand();
  void follow();
  void submit(std::size_t bytes);
  void change(wire::ChangeRequest request);
  std::size_t changes_under_way() const { return changes_under_way_; }
  void roll();
  void purge_below(TxId txid);
  void ask_outcomes();

  bool reigns() const { return writer_.get() != nullptr && !over_; }
  bool standing() const { return standing_; }
  QuorumWriter* quorum() { return reigns() ? journal_->writer() : nullptr; }
  // Of a reign that is won and has committed nothing yet.
  QuorumWriter* beginning() { return writer_.get() == nullptr && journal_.get() != nullptr ? journal_->writer() : nullptr; }
  std::uint64_t pending() const { return pending_; }
  TxId followed() const { return followed_; }
  const std::string& last_error() const { return last_error_; }
  const std::string& broken() const { return broken_; }
  // What its reader said of damage since this was asked last; empty: nothing.
  std::string take_damage() { return std::exchange(damage_, std::string()); }

 private:
  Task<void> live();
  Task<Result<void>> reign();
  Task<void> read_on();
  Task<void> read_from_start();
  Task<void> change_members(wire::ChangeRequest request);
  Task<void> purge(TxId txid);
  Task<void> ask();
  void note(const std::function<void()>& said);
  JournalUrl url() const;

  SimWorld& world_;
  Seams seams_;
  std::string name_;
  std::vector<std::string> addresses_;
  QuorumOptions options_;
  ClusterHistory& history_;
  ClusterRmCounts& counts_;
  kj::Own<QuorumJournal> journal_;
  kj::Own<QuorumJournal> reading_;
  kj::Own<JournalWriter> writer_;
  bool standing_ = false;
  bool following_ = false;
  bool over_ = false;
  std::uint64_t pending_ = 0;
  std::uint64_t submitted_ = 0;
  TxId followed_;
  std::string last_error_;
  std::string broken_;
  std::string damage_;
  Tasks appends_;
  std::size_t changes_under_way_ = 0;
  Tasks reign_tasks_;  // of the writer there is
  Tasks tasks_;        // destroyed first
};

}  // namespace varve
