// One seed: a resource manager with the embedded journal lives through everything that the seed has in store for it - work, kills, power
// losses, failing, stuck, full and rotting disks - and then a time without faults, in which it must recover and go on.
//
// Held after each start: what was acknowledged is there, at its txid and in order; nothing is there that was refused, lost or never
// submitted; outcome() agrees; epochs rise; a start or a reign fails only when a fault was met. Held after each clean stop: the log and
// every image hold exactly what the state was.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "tests/simulation/fault_kinds.h"

namespace varve {

struct SimulationOptions {
  std::uint64_t seed = 1;
  unsigned steps = 80;
  bool sync_is_noop = false;                    // a disk that lies: loss must be found, or the simulation is blind
  std::function<void(std::string_view)> trace;  // each step, disk operation and log line
};

struct SimulationReport {
  std::uint64_t seed = 0;
  std::string failure;  // empty: all held
  std::uint64_t trace_hash = 0;
  FaultCounts faults;
  std::uint64_t submitted = 0;
  std::uint64_t acknowledged = 0;
  std::uint64_t starts = 0;
  std::uint64_t checkpoints = 0;
  std::uint64_t audits = 0;
  std::uint64_t outcomes_asked = 0;
};

SimulationReport simulate(const SimulationOptions& options);

}  // namespace varve
