// What the operating system knows of this process.
#pragma once

#include <cstdint>

namespace varve {

struct ProcessFacts {
  std::uint64_t cpu_us = 0;  // of all threads, in user and kernel mode
  std::uint64_t resident_bytes = 0;
  std::uint64_t open_files = 0;
};

// 0 for what cannot be found out.
ProcessFacts measure_process();

}  // namespace varve
