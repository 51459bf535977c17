// The processes of one seed, their ways to the disk, and what may happen to them.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <vector>

#include "base/sim/sim_world.h"
#include "tests/shared_simulation/late_disk.h"
#include "tests/shared_simulation/shared_oracle.h"
#include "tests/shared_simulation/shared_process.h"
#include "tests/shared_simulation/shared_simulation.h"

namespace varve {

class SharedWorld {
 public:
  static constexpr std::size_t kProcesses = 3;

  SharedWorld(const SharedSimulationOptions& options, SharedSimulationReport& report);
  ~SharedWorld() noexcept(false);
  KJ_DISALLOW_COPY(SharedWorld);

  void step();
  // No more faults.
  void end_well();

 private:
  struct Machine {
    std::unique_ptr<LateDisk> line;
    std::unique_ptr<SharedProcess> process;
  };

  SimDisk& disk() { return world_.disk(); }
  void boot(std::size_t i);
  void kill(std::size_t i);
  void pause(std::size_t i);
  void lose_power();
  void power_back();
  void plan_fault();
  void fill_or_empty();
  void append(SharedProcess& process);
  void append_everywhere();
  void purge(SharedProcess& process);
  void pass(std::chrono::nanoseconds time);
  void audit();
  void tend();
  void check();
  void trace(const std::string& line);
  std::size_t some() { return random_.below(kProcesses); }

  SimWorld world_;
  SimRandom random_;
  const SharedSimulationOptions& options_;
  SharedSimulationReport& report_;
  LocalLogOptions log_options_;
  SharedOracle oracle_;
  std::array<Machine, kProcesses> machines_;
  std::vector<std::unique_ptr<LateDisk>> orphans_;  // ways of dead processes
  std::uint64_t transactions_ = 0;
  bool full_ = false;
};

}  // namespace varve
