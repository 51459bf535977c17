// `varve journal add|remove|replace`: the members of a quorum.
#pragma once

#include "base/task.h"
#include "tools/journal/journal_console.h"

namespace varve {

Task<void> journal_add(JournalConsole& console);
Task<void> journal_remove(JournalConsole& console);
Task<void> journal_replace(JournalConsole& console);

}  // namespace varve
