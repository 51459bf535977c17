// The groups of commands of the `varve` tool; each is declared to the parser and, when chosen, leaves what is to be run.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>

namespace varve {

// Runs what the command line chose and returns the exit status.
using Command = std::function<int()>;

void add_log_commands(CLI::App& app, Command& chosen);
void add_image_commands(CLI::App& app, Command& chosen);

}  // namespace varve
