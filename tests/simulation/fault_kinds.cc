#include "tests/simulation/fault_kinds.h"

#include <fmt/format.h>

namespace varve {

std::string_view to_string(FaultKind kind) {
  switch (kind) {
    case FaultKind::kKill:
      return "kill";
    case FaultKind::kPowerLoss:
      return "power_loss";
    case FaultKind::kPowerLossInRecovery:
      return "power_loss_in_recovery";
    case FaultKind::kStuckDisk:
      return "stuck_disk";
    case FaultKind::kReadError:
      return "read_error";
    case FaultKind::kWriteError:
      return "write_error";
    case FaultKind::kShortWrite:
      return "short_write";
    case FaultKind::kSyncError:
      return "sync_error";
    case FaultKind::kNameError:
      return "name_error";
    case FaultKind::kNoSpaceOnce:
      return "no_space_once";
    case FaultKind::kFullDisk:
      return "full_disk";
    case FaultKind::kReadOnly:
      return "read_only";
    case FaultKind::kImageRot:
      return "image_rot";
    case FaultKind::kJournalRot:
      return "journal_rot";
    case FaultKind::kClockJump:
      return "clock_jump";
  }
  return "?";
}

void FaultCounts::add(const FaultCounts& other) {
  for (std::size_t i = 0; i < kFaultKinds; ++i) counts_[i] += other.counts_[i];
}

std::string FaultCounts::text() const {
  std::string text;
  for (std::size_t i = 0; i < kFaultKinds; ++i)
    text += fmt::format("{}{} {}", i == 0 ? "" : ", ", to_string(static_cast<FaultKind>(i)), counts_[i]);
  return text;
}

}  // namespace varve
