// `varve journal fetch`: a copy of a journal in a directory, for the offline viewers.
#pragma once

#include "base/task.h"
#include "tools/journal/journal_console.h"

namespace varve {

Task<void> journal_fetch(JournalConsole& console);

}  // namespace varve
