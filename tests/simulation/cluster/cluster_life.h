// The verbs of a simulated cluster's life: each does one thing to one part of it. What must hold is checked after each.
//
// Errors: a broken rule is thrown as a Violation.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/sim/sim_world.h"
#include "tests/simulation/cluster/cluster_history.h"
#include "tests/simulation/cluster/cluster_node.h"
#include "tests/simulation/cluster/cluster_rm.h"
#include "tests/simulation/cluster/cluster_simulation.h"
#include "tests/simulation/rotten_sector.h"

namespace varve {

class ClusterLife {
 public:
  static constexpr unsigned kNodes = 5;
  static constexpr unsigned kRms = 2;

  ClusterLife(SimWorld& world, SimRandom& random, const ClusterOptions& options, ClusterReport& report);
  ~ClusterLife() noexcept;
  KJ_DISALLOW_COPY(ClusterLife);

  void found();  // starts the nodes and formats the journal

  // --- Work ---
  void elect();
  void submit();
  void roll_or_purge();
  void ask_outcomes();
  void pass(std::chrono::nanoseconds time);
  // Nothing happens for long: heartbeats, marks, scrubs, followers without news.
  void rest();

  // Reigns that follow each other closely, each of a writer that loses its nodes while it appends: here logs part.
  void quick_reigns();
  // Two that believe to be elected at the same moment.
  void elect_both();
  // Right after they promised, nodes lose their power; the writer of before is the first to reach them again.
  void lose_power_with_a_promise();

  // --- Faults ---
  void kill_node();
  void lose_power();
  void lose_power_soon();
  void lose_all_power();
  void kill_rm();
  void plan_disk_fault();
  void fill_or_free_disk();
  void make_disk_read_only_or_not();
  void slow_disk();
  void break_network();
  void mend_network();
  void set_clocks();
  void rot();
  void rot_of_the_newest();
  void wipe_disk();
  void change_members();
  void change_members_in_haste();

  void end_well();

 private:
  struct Rm {
    std::string name;
    kj::Own<ClusterRm> process;
    std::chrono::nanoseconds down_until{0};
  };

  void trace(const std::string& line);
  void trace_log();
  void check();
  void revive();
  void restart_later(ClusterNode& node);
  ClusterNode& random_node();
  Rm& random_rm();
  ClusterRm* reigning();
  void check_writers();
  std::size_t voters_without(const Configuration& configuration, const std::function<bool(JournalCopy&)>& has);
  void start_rm(Rm& rm);
  std::vector<std::string> hosts() const;
  std::optional<Configuration> settled_members();
  std::set<std::string> voters();
  bool is_impaired(ClusterNode& node);
  bool may_impair(ClusterNode& node);
  ClusterNode* node_to_impair();  // nullptr: none may be
  void make_learner(ClusterNode& node);
  bool leaves_a_whole_majority(const Configuration& configuration, const Member& removed) const;
  void reach(const Rm& rm, std::size_t voters);
  void rot_at(ClusterNode& node, const std::string& path, std::uint64_t offset);
  void note_lost_slots();
  void count_all();
  std::string newest_file(ClusterNode& node);
  std::string standings();
  void mend_everything();
  template <typename Text>
  void demand(unsigned invariant, bool holds, Text&& text) {
    history_.demand(invariant, holds, text);
  }
  std::uint64_t& count(const std::string& what) { return report_.counts[what]; }

  SimWorld& world_;
  SimRandom& random_;
  const ClusterOptions& options_;
  ClusterReport& report_;
  ClusterHistory history_;
  ClusterRmCounts rm_counts_;
  std::vector<std::unique_ptr<ClusterNode>> nodes_;
  std::vector<Rm> rms_;
  const unsigned voters_at_first_;
  QuorumOptions quorum_options_;
  std::set<std::string> impaired_;              // nodes whose disk lost or spoilt something, until they are whole again
  std::map<std::string, RottenSector> rotten_;  // by node, as long as it stands somewhere
  std::set<std::string> unknown_;               // nodes that do not know where their log ends
  std::set<std::string> full_;
  std::set<std::string> read_only_;
  std::set<std::string> emptied_;       // whose copy is gone: to be removed from the members before anything else
  std::map<Epoch, LogPosition> begun_;  // what a writer took for committed when it began
  std::set<std::string> last_voters_;   // as far as a writer was there to tell
  bool over_ = false;                   // no more faults
  std::size_t log_lines_traced_ = 0;
};

}  // namespace varve
