// What must hold between the keys of a configuration.
#pragma once

#include <vector>

#include "tools/journalnode/config_value.h"

namespace varve {

// `settings` say where each key was set, for the message.
Result<void> check_config(const NodeConfig& config, const std::vector<Setting>& settings);

}  // namespace varve
