// A named machine in a world with several: its own disk, clock and place on the network; random numbers, workers and log are the world's.
//
// Threads:  the event loop's. Lives until the world ends; what runs on it must be gone before that.
// Power:    power_off() freezes the disk and every connection, and nobody is told: whoever ran on the machine hangs and is to be
//           destroyed; the others find out by their own timers. A disk that freezes by itself (SimDisk::crash_before()) takes the machine
//           with it, one turn of the loop later.
#pragma once

#include <string>

#include "base/seams.h"
#include "base/sim/sim_disk.h"
#include "base/sim/sim_host_network.h"
#include "base/sim/sim_machine_clock.h"
#include "base/tasks.h"

namespace varve {

class SimWorld;

class SimMachine {
 public:
  // Made by SimWorld::add_machine().
  SimMachine(SimWorld& world, std::string name, Random& seed);
  KJ_DISALLOW_COPY(SimMachine);

  Seams seams();
  const std::string& name() const { return name_; }
  SimMachineClock& clock() { return clock_; }
  SimDisk& disk() { return disk_; }
  Network& network() { return network_; }

  bool is_off() const { return off_; }
  void power_off();
  // Precondition: it is off.
  void power_on(const CrashOutcome& outcome);
  void power_on(Random& random);
  // As when the one process here is killed: its connections end at once, its listeners are gone. The disk's page cache stays.
  void kill_connections();

 private:
  void follow_disk();
  void back_on();

  SimWorld& world_;
  std::string name_;
  SimMachineClock clock_;
  SimDisk disk_;
  SimHostNetwork network_;
  LogSink log_sink_;
  bool off_ = false;
  Tasks tasks_;
};

}  // namespace varve
