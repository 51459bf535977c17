// `varve bench memory`: anonymous memory of an engine beside that of the bare state.
#pragma once

#include <cstdint>
#include <string>

#include "varve/error.h"

namespace varve {

struct MemoryBench {
  std::string directory;
  std::uint64_t applications = 1'000'000;
  std::uint64_t transactions = 5'000'000;  // more, behind those that make the state: the log's length must not show
  bool json = false;
};

Result<void> run_memory_bench(const MemoryBench& bench);

}  // namespace varve
