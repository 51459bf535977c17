// One seed: three processes on one shared disk live through what the seed has in store - writers deposed while they write, kills with
// writes still on their way, long pauses, power losses of the file server, failing and full disks - and then a time without faults, in
// which one of them must lead, and nothing may be missing.
//
// Held all the time (protocol.md, 9): 1 to 4, and 5 as far as it rests on the log: digests of frames cover all that precedes them.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "tests/shared_simulation/shared_process.h"

namespace varve {

struct SharedSimulationOptions {
  std::uint64_t seed = 1;
  unsigned steps = 200;
  bool sync_is_noop = false;
  std::function<void(std::string_view)> trace;
};

struct SharedSimulationReport {
  std::uint64_t seed = 0;
  std::string failure;  // empty: all held
  std::uint64_t trace_hash = 0;
  std::chrono::nanoseconds virtual_time{0};
  SharedCounts counts;
  std::uint64_t kills = 0;
  std::uint64_t pauses = 0;
  std::uint64_t power_losses = 0;
  std::uint64_t disk_faults = 0;  // planned
  std::uint64_t full_disks = 0;
  std::uint64_t late_operations = 0;  // that took effect after the death of their process
  std::uint64_t audits = 0;           // the whole log read by an outsider

  void add(const SharedSimulationReport& other);
  std::string text() const;
};

SharedSimulationReport simulate_shared(const SharedSimulationOptions& options);

}  // namespace varve
