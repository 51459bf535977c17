// `varve journal format`: a new journal on journal nodes, or an existing one moved there or back.
#pragma once

#include "base/task.h"
#include "tools/journal/journal_console.h"

namespace varve {

Task<void> journal_format(JournalConsole& console);

}  // namespace varve
