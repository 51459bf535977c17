// One seed: five machines for journal nodes, three to five of them voters, two resource managers that may both believe that they are
// elected, readers - and everything that the seed has in store for machines, processes, disks, networks, clocks and members; then a time
// without faults, in which writing must go on by itself.
//
// Held all the time: the invariants 1 to 4 and 7 of docs/protocol.md; in the end also 5 and 8.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "base/sim/sim_network_counts.h"
#include "tests/simulation/fault_kinds.h"

namespace varve {

struct ClusterOptions {
  std::uint64_t seed = 1;
  unsigned steps = 60;
  bool sync_is_noop = false;
  std::function<void(std::string_view)> trace;
};

struct ClusterReport {
  std::uint64_t seed = 0;
  std::string failure;  // empty: all held
  std::uint64_t trace_hash = 0;
  std::chrono::nanoseconds virtual_time{0};
  std::map<std::string, std::uint64_t> counts;  // what happened, by name
  FaultCounts disk_faults;
  SimNetworkCounts network;
};

ClusterReport simulate_cluster(const ClusterOptions& options);

}  // namespace varve
