#include "journal/fencing.h"

#include <algorithm>

#include "base/result.h"
#include "journal/quorum_survey.h"

namespace varve {

Task<Result<Fenced>> fence_quorum(Seams seams, JournalUrl url, std::string name, std::string host, CandidacyOptions options) {
  if (url.kind != JournalUrl::Kind::kQuorum)
    co_return fail(ErrorCode::kInvalidArgument,
                   "only a quorum is fenced: a journal in a directory belongs to the process that holds the directory's lock");
  const QuorumFindings findings = co_await survey_quorum(seams, url, options.node_patience);
  Fenced fenced;
  for (const NodeFinding& node : findings.nodes)
    if (node.state) fenced.highest = std::max(fenced.highest, node.state->promised);
  Candidate candidate;
  candidate.journal.name = url.name;
  if (const NodeFinding* best = findings.best()) {
    candidate.journal.namespace_id = best->state->namespace_id;
    candidate.journal.lineage = best->state->lineage;
  }
  candidate.addresses = findings.addresses();
  if (candidate.addresses.empty()) candidate.addresses = std::move(url.hosts);
  candidate.name = std::move(name);
  candidate.host = std::move(host);
  CO_ASSIGN_OR_RETURN(const Reign reign, co_await win_reign(seams, std::move(candidate), options));
  fenced.epoch = reign.epoch;
  fenced.end = reign.tail.empty() ? reign.base : reign.tail.back()->header().position();
  co_return fenced;
}

}  // namespace varve
