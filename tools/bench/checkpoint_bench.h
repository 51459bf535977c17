// `varve bench checkpoint`: what a checkpoint of a large state costs the appends that go on beside it.
#pragma once

#include <cstdint>
#include <string>

#include "varve/error.h"

namespace varve {

struct CheckpointBench {
  std::string directory;
  std::uint64_t applications = 1'000'000;
  std::uint64_t inflight = 1000;  // of the closed loop that finds the maximum rate
  double rate = 0;                // transactions per second, open loop; 0: half of the maximum
  double seconds = 4;
  bool json = false;
};

Result<void> run_checkpoint_bench(const CheckpointBench& bench);

}  // namespace varve
