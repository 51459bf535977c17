// The faults that the simulation knows, and how often each was met.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace varve {

enum class FaultKind : std::uint8_t {
  kKill,
  kPowerLoss,
  kPowerLossInRecovery,
  kStuckDisk,
  kReadError,
  kWriteError,
  kShortWrite,
  kSyncError,
  kNameError,    // creating, renaming, removing, syncing a directory
  kNoSpaceOnce,  // one operation finds no space
  kFullDisk,     // for a while; counted by the refused
  kReadOnly,     // for a while
  kImageRot,     // counted when recovery fell back to an older image
  kJournalRot,   // counted when it was found
  kClockJump,
};
inline constexpr std::size_t kFaultKinds = 15;

std::string_view to_string(FaultKind kind);

class FaultCounts {
 public:
  std::uint64_t& operator[](FaultKind kind) { return counts_[static_cast<std::size_t>(kind)]; }
  std::uint64_t operator[](FaultKind kind) const { return counts_[static_cast<std::size_t>(kind)]; }
  void add(const FaultCounts& other);
  // "kill 12, power_loss 3, ..."
  std::string text() const;

 private:
  std::array<std::uint64_t, kFaultKinds> counts_{};
};

}  // namespace varve
