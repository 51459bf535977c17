// Whose journal a shared directory holds: its VERSION, which the first process there writes, however many come at once.
#pragma once

#include "base/seams.h"
#include "base/task.h"
#include "editlog/version_file.h"
#include "journal/shared_epochs.h"

namespace varve {

// Reads VERSION; decides it first when there is none. Whoever decides takes an epoch for it, so what was decided is taken up by all that
// come later, as a writer takes up the log (docs/shared-directory.md).
// Errors: kForeign, kDamaged, kNewerLayout: nothing was changed. kBusy: others are at it all the time.
Task<Result<VersionFile>> shared_namespace(Seams seams, Directory& home, SharedEpochs& epochs);

}  // namespace varve
