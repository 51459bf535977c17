// A configuration as the journal node takes it.
#pragma once

#include <string>

#include "journal/journal_node.h"
#include "tools/journalnode/node_config.h"

namespace varve {

NodeOptions node_options(const NodeConfig& config, const std::string& version);

}  // namespace varve
