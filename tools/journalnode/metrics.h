// A node's status as metrics for Prometheus: what /metrics serves. docs/operations.md lists the families.
#pragma once

#include <string>

#include "journal/node_status.h"
#include "tools/journalnode/process_facts.h"

namespace varve {

std::string metrics_text(const NodeStatus& status, const ProcessFacts& process);

}  // namespace varve
