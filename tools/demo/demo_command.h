// `varve demo`, and what it starts and kills.
#pragma once

#include "tools/commands.h"

namespace varve {

void add_demo_commands(CLI::App& app, Command& chosen);

}  // namespace varve
