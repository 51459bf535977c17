// `varve bench log append`: how fast transactions become durable.
#pragma once

#include <cstdint>
#include <string>

#include "varve/error.h"

namespace varve {

struct AppendBench {
  std::string directory;  // of the journal and images; created when its parent exists
  std::uint64_t payload_bytes = 256;
  std::uint64_t inflight = 64;
  double seconds = 5;
  double warmup_seconds = 0.5;
  unsigned threads = 0;             // that submit; 0: the engine's own, out of each completion
  double rate = 0;                  // transactions per second, open loop; 0: closed loop with `inflight` under way
  std::uint64_t segment_bytes = 0;  // 0: so large that the run needs no second one, as the limit's file is filled before its run
  bool direct_io = true;
  bool json = false;
};

Result<void> run_append_bench(const AppendBench& bench);

}  // namespace varve
