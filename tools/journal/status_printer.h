// The nodes of a journal side by side: a table of at most 120 columns, or JSON.
#pragma once

#include <optional>
#include <vector>

#include "journal/quorum_survey.h"
#include "tools/journal/node_details.h"
#include "tools/output.h"

namespace varve {

// `details`: one for each of findings.nodes. Below the table a line for everything that is not as it should be.
void print_status(TextSink& out, const QuorumFindings& findings, const std::vector<NodeDetails>& details);

// One object, on one line.
void print_status_json(TextSink& out, const QuorumFindings& findings, const std::vector<NodeDetails>& details,
                       const std::optional<Error>& objection);

}  // namespace varve
