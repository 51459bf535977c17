// When each of the newest transactions was committed: written by the engine's thread, taken by a follower's.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>

#include "varve/types.h"

namespace varve {

class CommitTimes {
 public:
  using Steady = std::chrono::steady_clock;

  void note(TxId txid, Steady::time_point at);
  // nullopt: not noted yet, or forgotten long ago.
  std::optional<Steady::time_point> of(TxId txid) const;

 private:
  static constexpr std::uint64_t kSlots = 1u << 20;
  static constexpr unsigned kTimeBits = 44;  // nanoseconds: some hours; above them txid / kSlots

  const Steady::time_point began_ = Steady::now();
  std::array<std::atomic<std::uint64_t>, kSlots> slots_{};
};

}  // namespace varve
