// Brings a state machine to the end of a journal: the newest good image, then the log behind it.
#pragma once

#include <cstdint>
#include <string>

#include "base/seams.h"
#include "base/task.h"
#include "fsimage/image_directory.h"
#include "journal/journal.h"
#include "varve/state_machine.h"

namespace varve {

// How far a state machine is, and how it came there.
struct RecoveredState {
  LogPosition position;              // applied
  TxId image;                        // loaded; 0: none
  std::uint64_t replayed = 0;        // transactions of the log
  std::uint64_t replayed_bytes = 0;  // of frames
  std::uint64_t images_passed_over = 0;
};

// Loads the newest image that is good and not below the start of the log. Falls back to older ones, and to an empty state when the log
// goes back to its first transaction, and says so loudly each time. Errors: kDamaged when nothing is left to start from; kForeign.
Task<Result<RecoveredState>> load_newest_image(Seams seams, ImageDirectory& images, Journal& journal, StateMachine& machine);

// Applies the committed frames behind state.position; call again for more.
Task<Result<void>> replay(Journal& journal, StateMachine& machine, RecoveredState& state);

}  // namespace varve
