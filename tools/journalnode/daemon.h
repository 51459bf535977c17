// The life of a journalnode process.
#pragma once

#include <string>

#include "tools/journalnode/node_config.h"

namespace varve {

// Serves until SIGTERM or SIGINT; what the process ends with. Before any other thread is started.
int run_daemon(const NodeConfig& config, const std::string& version);

}  // namespace varve
