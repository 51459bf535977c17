// A node's status as JSON: what /status serves and the page shows. docs/operations.md describes the fields.
#pragma once

#include <string>

#include "journal/node_status.h"
#include "tools/journalnode/process_facts.h"

namespace varve {

// Integers beyond 2^53 are texts of digits, 128-bit numbers are texts of 32 hexadecimal digits.
std::string status_json(const NodeStatus& status, const ProcessFacts& process);

}  // namespace varve
