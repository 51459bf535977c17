// `varve journal fence`: no writer of an older epoch goes on.
#pragma once

#include "base/task.h"
#include "tools/journal/journal_console.h"

namespace varve {

Task<void> journal_fence(JournalConsole& console);

}  // namespace varve
