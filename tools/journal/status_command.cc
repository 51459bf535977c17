#include "tools/journal/status_command.h"

#include "base/result.h"
#include "journal/quorum_survey.h"
#include "tools/journal/status_printer.h"

namespace varve {

namespace {

constexpr std::chrono::nanoseconds kStatusPatience = std::chrono::seconds(5);

Task<Result<void>> status(JournalConsole& console) {
  CO_ASSIGN_OR_RETURN(JournalUrl url, typed_quorum(console.asked().journal));
  QuorumFindings findings = co_await survey_quorum(console.seams(), std::move(url), kStatusPatience);
  std::vector<NodeDetails> details;
  for (NodeFinding& node : findings.nodes) {
    details.push_back(parse_node_details(node.details, findings.journal));
    if (node.problem.empty()) node.problem = details.back().failure;
  }
  const auto objection = objection_to_writing(findings);
  if (console.json())
    print_status_json(console.out(), findings, details, objection);
  else
    print_status(console.out(), findings, details);
  if (objection) co_return fail(objection->within("the journal could not serve a writer now"));
  co_return ok();
}

}  // namespace

Task<void> journal_status(JournalConsole& console) {
  const Result<void> done = co_await status(console);
  if (!done) console.problem(done.error());
}

}  // namespace varve
