// What every node of a quorum says of its copy of one journal, side by side; and whether a writer could be served now.
//
// Threads: the event loop's.
// Errors:  a node that does not answer is a finding, not an error.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/seams.h"
#include "base/task.h"
#include "editlog/control.h"
#include "editlog/local_log_options.h"
#include "journal/journal_url.h"
#include "journal/wire.h"

namespace varve {

struct NodeFinding {
  std::string address;
  std::optional<Member> member;          // in the newest configuration; by its address and disk
  std::optional<wire::CopyState> state;  // none: see `problem`
  std::vector<SegmentInfo> segments;
  std::string details;  // the node's own status, JSON; empty: it gave none
  std::string problem;  // why it gives no state, or why its copy cannot be used
};

struct QuorumFindings {
  std::string journal;
  std::vector<NodeFinding> nodes;  // members in their order, then the other addresses that were asked
  Configuration configuration;     // of the best log
  LogPosition end;                 // of the best log: highest epoch, then highest txid
  LogPosition committed;           // highest that any node knows of

  // nullptr: not asked.
  const NodeFinding* find(const std::string& address) const;
  const Member* member(const std::string& address) const;
  // The copy that ends highest; nullptr: none answered.
  const NodeFinding* best() const;
  // Of every member, then of every other node that answered.
  std::vector<std::string> addresses() const;
};

// Asks all that `url` names, and whom their configurations name, at once; each for at most `patience`.
Task<QuorumFindings> survey_quorum(Seams seams, JournalUrl url, std::chrono::nanoseconds patience);

// Why the journal could not serve a writer now; nullopt: it could. Nodes with a problem do not count.
std::optional<Error> objection_to_writing(const QuorumFindings& findings);

// "n1:8485 (voter), n2:8485 (learner)".
std::string members_text(const Configuration& configuration);

}  // namespace varve
