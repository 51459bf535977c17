// Declares `varve journal ...` to the parser.
#pragma once

#include "tools/commands.h"

namespace varve {

void add_journal_commands(CLI::App& app, Command& chosen);

}  // namespace varve
