// The `varve bench` commands.
#pragma once

#include "tools/commands.h"

namespace varve {

void add_bench_commands(CLI::App& app, Command& chosen);

}  // namespace varve
