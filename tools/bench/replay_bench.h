// `varve bench log replay`: how fast a log is read, verified and applied when an engine opens.
#pragma once

#include <cstdint>
#include <string>

#include "varve/error.h"

namespace varve {

struct ReplayBench {
  std::string directory;
  std::uint64_t transactions = 10'000'000;  // written first, when there is no journal in the directory
  std::uint64_t payload_bytes = 256;
  bool rm = false;  // transactions of a resource manager, applied to its state
  bool json = false;
};

Result<void> run_replay_bench(const ReplayBench& bench);

}  // namespace varve
