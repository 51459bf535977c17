// `varve bench log append`: how fast transactions become durable, with a fixed number of them under way.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "varve/error.h"

namespace varve {

struct AppendBench {
  std::string directory;            // of the journal and images; created
  std::uint64_t payload_bytes = 256;
  std::uint64_t inflight = 64;
  double seconds = 5;
  double warmup_seconds = 0.5;
  double rate = 0;                  // transactions per second, open loop; 0: closed loop with `inflight` under way
  std::uint64_t segment_bytes = 64ull << 20;
  bool direct_io = true;
  bool json = false;
};

Result<void> run_append_bench(const AppendBench& bench);

}  // namespace varve
