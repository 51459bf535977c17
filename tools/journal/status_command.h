// `varve journal status`: all nodes of a journal side by side.
#pragma once

#include "base/task.h"
#include "tools/journal/journal_console.h"

namespace varve {

// A problem when the journal could not serve a writer now.
Task<void> journal_status(JournalConsole& console);

}  // namespace varve
