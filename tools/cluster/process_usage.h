// What another process has used so far, from /proc; zeros when it is gone.
#pragma once

#include <sys/types.h>

#include <cstdint>

namespace varve {

struct ProcessUsage {
  double cpu_seconds = 0;            // user and system
  std::uint64_t resident_bytes = 0;  // now
  std::uint64_t written_bytes = 0;   // sent to disks
};

ProcessUsage usage_of(pid_t pid);

}  // namespace varve
