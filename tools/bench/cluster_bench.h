// `varve bench cluster`: how fast transactions become durable on a quorum of real daemons on loopback, also while one of them fails.
#pragma once

#include <cstdint>
#include <string>

#include "varve/error.h"

namespace varve {

struct ClusterBench {
  std::string directory;  // a new one; its parent must exist
  unsigned nodes = 3;
  std::uint64_t payload_bytes = 256;
  std::uint64_t inflight = 64;
  double seconds = 5;
  double warmup_seconds = 0.5;
  double rate = 0;  // transactions per second, open loop; 0: closed loop with `inflight` under way
  std::string fault = "none";
  unsigned followers = 0;
  std::uint64_t catch_up_bytes = 0;  // that the last node misses; 0: none
  std::uint64_t segment_bytes = 0;   // 0: so large that the run needs no second one
  bool json = false;
};

Result<void> run_cluster_bench(const ClusterBench& bench);

}  // namespace varve
