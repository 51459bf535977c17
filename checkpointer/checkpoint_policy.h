// When to checkpoint, and how much log to keep behind the images. Pure decisions: no clock, no disk.
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include "editlog/local_log.h"
#include "varve/types.h"

namespace varve {

struct CheckpointPolicy {
  std::uint64_t transactions = 1'000'000;  // since the last successful one; 0: never for this reason
  std::uint64_t log_bytes = 512ull << 20;
  std::chrono::nanoseconds interval{std::chrono::hours(1)};
  std::uint32_t images_kept = 2;
  std::uint64_t extra_transactions = 1'000'000;
  std::uint32_t extra_segments = 1000;
  std::uint64_t extra_bytes = 4ull << 30;
  std::chrono::nanoseconds retry_first{std::chrono::seconds(1)};  // after a failure, doubled to retry_max
  std::chrono::nanoseconds retry_max{std::chrono::minutes(5)};
};

// What has happened since the last successful checkpoint.
struct SinceCheckpoint {
  std::uint64_t transactions = 0;
  std::uint64_t log_bytes = 0;
  std::chrono::nanoseconds time{0};
};

bool checkpoint_is_due(const CheckpointPolicy& policy, const SinceCheckpoint& since);

// The wait before the next attempt after `failures` (>= 1) failed ones in a row.
std::chrono::nanoseconds retry_delay(const CheckpointPolicy& policy, std::uint64_t failures);

// Up to which txid the log may go, given the oldest image kept: everything at or below the result is not needed. The extra log kept
// below that image ends at whichever bound comes first. 0: keep all. `segments` oldest first.
TxId purge_limit(const CheckpointPolicy& policy, TxId oldest_image, const std::vector<SegmentInfo>& segments);

}  // namespace varve
