#include "tools/bench/commit_times.h"

namespace varve {

void CommitTimes::note(TxId txid, Steady::time_point at) {
  const auto ns = static_cast<std::uint64_t>(std::chrono::nanoseconds(at - began_).count());
  slots_[txid.value % kSlots].store((txid.value / kSlots + 1) << kTimeBits | ns, std::memory_order_release);
}

std::optional<CommitTimes::Steady::time_point> CommitTimes::of(TxId txid) const {
  const std::uint64_t slot = slots_[txid.value % kSlots].load(std::memory_order_acquire);
  if (slot >> kTimeBits != txid.value / kSlots + 1) return std::nullopt;
  return began_ + std::chrono::nanoseconds(slot & ((std::uint64_t{1} << kTimeBits) - 1));
}

}  // namespace varve
