// Makes a trace shaped like the production trace: its mix of phases and classes, sizes, arrivals, waiting times and lifetimes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "rm/trace.h"

namespace varve {

// Ordered by creation time. The same arguments give the same trace, everywhere.
std::vector<TraceTask> generate_trace(std::size_t tasks, std::uint64_t seed);

}  // namespace varve
