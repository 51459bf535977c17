#include "checkpointer/checkpoint_policy.h"

#include <algorithm>

namespace varve {

bool checkpoint_is_due(const CheckpointPolicy& policy, const SinceCheckpoint& since) {
  if (since.transactions == 0) return false;
  return (policy.transactions != 0 && since.transactions >= policy.transactions) ||
         (policy.log_bytes != 0 && since.log_bytes >= policy.log_bytes) || (policy.interval.count() != 0 && since.time >= policy.interval);
}

std::chrono::nanoseconds retry_delay(const CheckpointPolicy& policy, std::uint64_t failures) {
  std::chrono::nanoseconds delay = policy.retry_first;
  for (std::uint64_t i = 1; i < failures && delay < policy.retry_max; ++i) delay *= 2;
  return std::min(delay, policy.retry_max);
}

TxId purge_limit(const CheckpointPolicy& policy, TxId oldest_image, const std::vector<SegmentInfo>& segments) {
  TxId limit{oldest_image.value > policy.extra_transactions ? oldest_image.value - policy.extra_transactions : 0};
  // The segments wholly below the image are the extra ones; the newest of them are kept within both bounds.
  std::uint64_t kept = 0;
  std::uint64_t bytes = 0;
  for (auto segment = segments.rbegin(); segment != segments.rend(); ++segment) {
    if (segment->last > oldest_image || !segment->name.last) continue;
    ++kept;
    bytes += segment->bytes;
    if (kept > policy.extra_segments || bytes > policy.extra_bytes) {
      limit = std::max(limit, segment->last);
      break;
    }
  }
  return limit;
}

}  // namespace varve
