// `varve journal follow`: committed transactions as they come.
#pragma once

#include "base/task.h"
#include "tools/journal/journal_console.h"

namespace varve {

// Ends when nobody reads any more, behind --to, or when what comes next is purged.
Task<void> journal_follow(JournalConsole& console);

}  // namespace varve
