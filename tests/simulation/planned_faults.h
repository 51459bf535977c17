// Faults of single disk operations that are planned ahead and met by chance, each counted when it is met.
//
// Owns: the disk's observer.
#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "base/sim/sim_disk.h"
#include "base/sim/sim_random.h"
#include "tests/simulation/fault_kinds.h"

namespace varve {

class PlannedFaults {
 public:
  using Trace = std::function<void(std::string_view line)>;

  PlannedFaults(SimDisk& disk, FaultCounts& counts, Trace trace);
  ~PlannedFaults();
  PlannedFaults(const PlannedFaults&) = delete;

  // Plans one fault of a random kind against the operations that come.
  void plan(SimRandom& random);
  // Faults planned and not yet met are taken back.
  void clear();

  std::uint64_t met() const { return met_; }

 private:
  void meet(std::uint64_t number, const SimOperation& operation);

  SimDisk& disk_;
  FaultCounts& counts_;
  Trace trace_;
  std::vector<std::pair<FaultKind, SimFault>> planned_;
  std::uint64_t met_ = 0;
};

}  // namespace varve
