// What the viewers' commands have in common: their options, and running one on a real event loop.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "base/task.h"
#include "tools/commands.h"
#include "tools/viewer.h"

namespace varve {

using View = Task<void> (*)(Viewer&);

// Declares `name`, which looks at paths with `view`.
CLI::App* add_view_command(CLI::App& group, const std::string& name, const std::string& description, View view, Command& chosen);

}  // namespace varve
