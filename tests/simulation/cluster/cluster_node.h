// One journal node of a simulated cluster: its machine, and the process on it while it runs.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "base/sim/sim_world.h"
#include "base/tasks.h"
#include "journal/journal_node.h"
#include "tests/simulation/cluster/cluster_history.h"
#include "tests/simulation/planned_faults.h"

namespace varve {

class ClusterNode {
 public:
  static constexpr const char* kDirectory = "/journal";
  static constexpr const char* kJournal = "rm";

  ClusterNode(SimWorld& world, std::string name, NodeOptions options, FaultCounts& faults, PlannedFaults::Trace trace);
  ~ClusterNode() noexcept {}

  const std::string& name() const { return name_; }
  std::string address() const { return name_ + ":8485"; }
  SimMachine& machine() { return machine_; }
  PlannedFaults& faults() { return faults_; }

  // --- The process ---
  // Begins; it runs some time later, or start_error() says why not.
  void start();
  void kill();
  bool runs() const { return node_.get() != nullptr; }
  bool starting() const { return starting_; }
  const std::optional<Error>& start_error() const { return start_error_; }
  JournalNode& node() { return *node_; }
  // nullptr: it does not run, or has no such journal.
  JournalCopy* copy() { return runs() ? node_->copy(kJournal) : nullptr; }

  // --- The power ---
  void lose_power();
  void lose_power_after(std::uint64_t operations) { machine_.disk().crash_before(machine_.disk().operations() + 1 + operations); }
  void power_on(Random& random);
  // The machine went off by itself: clears away what ran on it.
  bool went_off() { return machine_.is_off() && (runs() || starting_); }
  void clear_away();

  // --- The disk ---
  bool has_journal();
  // It runs, and its copy has lost its vote: no slot is valid any more.
  bool has_lost_slots() const;
  // Precondition: it had a journal.
  void wipe();
  SimDiskState snapshot() { return machine_.disk().snapshot(); }
  void restore(const SimDiskState& state);
  std::vector<std::string> files();

  // Looks at everything that it holds: what never goes back has not gone back, and what it says agrees with the history.
  void check(ClusterHistory& history);

  // Adds what this process counted to what those before it did.
  void collect(std::map<std::string, std::uint64_t>& counts);

  std::chrono::nanoseconds down_until{0};

 private:
  Task<void> do_start();

  SimWorld& world_;
  std::string name_;
  SimMachine& machine_;
  NodeOptions options_;
  PlannedFaults faults_;
  kj::Own<JournalNode> node_;
  bool starting_ = false;
  std::optional<Error> start_error_;
  // What a disk has shown to be durable.
  struct Shown {
    Epoch promised;
    LogPosition end;
  };
  void check_shown(const LocalLog& log, ClusterHistory& history);

  std::map<Uuid, Shown> shown_;  // by disk
  CopyCounts counted_;           // of processes before
  Tasks tasks_;
};

}  // namespace varve
