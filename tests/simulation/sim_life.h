// The life of one simulated resource manager: its process, its disk and the record of what it promised. Each verb leaves it running, or
// dead with the reason known; what must hold is checked on the way.
//
// Errors: a broken rule is thrown as a Violation.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/sim/sim_world.h"
#include "tests/simulation/fault_kinds.h"
#include "tests/simulation/planned_faults.h"
#include "tests/simulation/replica_process.h"
#include "tests/simulation/rotten_sector.h"
#include "tests/simulation/simulation.h"
#include "tests/simulation/submission_record.h"
#include "tests/simulation/violation.h"

namespace varve {

class SimLife {
 public:
  SimLife(SimWorld& world, SimRandom& random, const SimulationOptions& options, SimulationReport& report);
  KJ_DISALLOW_COPY(SimLife);

  // --- Work ---
  void submit(std::uint64_t count);
  void begin_checkpoint();
  void pass(std::chrono::nanoseconds time);
  // Waits until all that was submitted is done, or the process is not well any more.
  void settle();

  // --- Deaths; each is followed by down time and a start ---
  void kill();
  void lose_power();
  void lose_power_after(std::uint64_t operations) { disk().crash_before(disk().operations() + 1 + operations); }
  void restart_cleanly();
  // Brings it back when the power or the reign is gone; a reign may only end by a fault.
  void revive();

  // --- Faults ---
  void plan_fault() { faults_.plan(random_); }
  void fill_disk();
  void make_room();
  void set_read_only(bool read_only);
  void jump_clock();
  bool full() const { return full_; }
  bool read_only() const { return read_only_; }

  void start();
  // No more faults: it must recover, go on, checkpoint, stop and come back whole.
  void end_well();

 private:
  SimDisk& disk() { return world_.disk(); }
  Replica& replica() { return process_->replica(); }
  bool failed() { return replica().status().role == Status::Role::kFailed; }

  // The result, or nothing when the power fails first.
  template <typename T>
  std::optional<T> unless_power_fails(kj::Promise<T> promise);
  Result<void> try_start();
  void check_excused(const Error& error, std::uint64_t met_before);
  void check_recovered();
  void check_outcomes();
  void heal();
  void restart_cleanly_whole();
  void audit_disk(std::vector<DigestLedger::Entry> state);
  void power_back();
  void down_time();
  void rot_image();
  void rot_journal();
  void check_start_with(RottenSector& rotten);
  void demand(bool holds, std::string text) {
    if (!holds) throw Violation{std::move(text)};
  }
  void trace(std::string_view line);

  SimWorld& world_;
  SimRandom& random_;
  const SimulationOptions& options_;
  SimulationReport& report_;
  const Options replica_options_;
  SubmissionRecord record_;
  PlannedFaults faults_;
  std::optional<ReplicaProcess> process_;
  std::uint64_t met_at_start_ = 0;  // faults met before the start of this process
  bool full_ = false;
  bool over_ = false;           // no more faults
  bool was_read_only_ = false;  // in this reign
  bool read_only_ = false;
  std::set<TxId> rotten_;  // images
  Epoch last_epoch_;
  std::size_t log_lines_seen_ = 0;
};

}  // namespace varve
