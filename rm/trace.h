// The life of a cluster's tasks, from a CSV with the columns of Alibaba's cluster trace gpu-v2023 (openb_pod_list_default.csv).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "varve/error.h"

namespace varve {

struct TraceTask {
  enum class Phase : std::uint8_t { kRunning, kFailed, kPending, kSucceeded };

  std::string name;
  std::uint64_t cpu_milli = 0;
  std::uint64_t memory_mib = 0;
  std::uint64_t gpus = 0;
  std::uint64_t gpu_milli = 0;
  std::string gpu_spec;  // kinds of GPU that will do, "V100M16|V100M32"; empty: any
  std::string qos;       // "LS", "BE", "Burstable", "Guaranteed"
  Phase phase = Phase::kRunning;
  // Seconds since the trace's beginning; creation <= scheduled <= deletion.
  std::uint64_t creation_time = 0;
  std::uint64_t deletion_time = 0;
  std::optional<std::uint64_t> scheduled_time;  // empty: the task waited until it was deleted
  bool operator==(const TraceTask&) const = default;
};

inline constexpr std::string_view kTraceHeader =
    "name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos,pod_phase,creation_time,deletion_time,scheduled_time";

// The tasks in the order of the file. kInvalidArgument, with file and line, at the first line that is wrong.
Result<std::vector<TraceTask>> parse_trace(std::string_view csv, std::string_view file_name);

// The same text that parse_trace() takes.
std::string format_trace(const std::vector<TraceTask>& tasks);

}  // namespace varve
