#include "journal/quorum_survey.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "base/digest.h"
#include "base/result.h"
#include "journal/commit_rule.h"
#include "journal/log_choice.h"
#include "journal/node_connection.h"

namespace varve {
namespace {

using FoundByAddress = std::map<std::string, NodeFinding>;

Task<Result<void>> ask_node(Seams seams, std::string journal, NodeFinding& finding, std::chrono::nanoseconds patience) {
  wire::Open open;
  open.journal = journal;
  CO_ASSIGN_OR_RETURN(kj::Own<NodeConnection> connection, co_await NodeConnection::open(seams, finding.address, std::move(open), patience));
  const auto* state = std::get_if<wire::CopyState>(&connection->opened());
  if (state == nullptr) co_return fail(ErrorCode::kNotFound, fmt::format("it holds no journal {}", journal));
  CO_ASSIGN_OR_RETURN(const wire::Answer segments, co_await connection->ask(wire::SegmentsRequest{}));
  CO_ASSIGN_OR_RETURN(const wire::Answer details, co_await connection->ask(wire::StatusRequest{}));
  if (const auto* list = std::get_if<std::vector<SegmentInfo>>(&segments)) finding.segments = *list;
  if (const auto* text = std::get_if<std::string>(&details)) finding.details = *text;
  finding.state = *state;
  co_return ok();
}

Task<void> look_at(Seams seams, std::string journal, NodeFinding& finding, std::chrono::nanoseconds patience) {
  auto asked = co_await ask_node(seams, std::move(journal), finding, patience);
  if (!asked) finding.problem = asked.error().text();
}

bool is_better(const LogPosition& a, const LogPosition& b) {
  return a.epoch != b.epoch ? a.epoch > b.epoch : a.txid > b.txid;
}

std::vector<std::string> new_addresses(const FoundByAddress& found) {
  std::vector<std::string> addresses;
  for (const auto& [address, finding] : found) {
    if (!finding.state) continue;
    const auto configuration = decode_configuration(as_bytes(finding.state->configuration.bytes));
    if (!configuration) continue;
    for (const Member& member : configuration->members)
      if (!member.address.empty() && !found.contains(member.address)) addresses.push_back(member.address);
  }
  return addresses;
}

// A node that was asked under another address than the one that the configuration names is shown once.
bool is_shown(const QuorumFindings& findings, const NodeFinding& finding) {
  return finding.state &&
         std::ranges::any_of(findings.nodes, [&](const NodeFinding& n) { return n.state && n.state->disk == finding.state->disk; });
}

void judge_member(NodeFinding& finding) {
  if (!finding.state || !finding.problem.empty()) return;
  if (finding.state->removed)
    finding.problem = "it was removed from the members";
  else if (finding.member && finding.member->disk != finding.state->disk)
    finding.problem = fmt::format("another disk answers there ({}, expected {}): remove the member and add it again",
                                  to_hex(finding.state->disk), to_hex(finding.member->disk));
  else if (!finding.state->tail_certain)
    finding.problem = "it may have lost the end of its log and does not vote until the writer has mended it";
}

void put_in_order(QuorumFindings& findings, FoundByAddress found) {
  for (const Member& member : findings.configuration.members) {
    const auto node = found.find(member.address);
    if (node == found.end()) continue;
    node->second.member = member;
    findings.nodes.push_back(std::move(node->second));
    found.erase(node);
  }
  for (auto& [address, finding] : found)
    if (!is_shown(findings, finding)) findings.nodes.push_back(std::move(finding));
  for (NodeFinding& finding : findings.nodes) judge_member(finding);
}

// Of the best log of one namespace: that of the first that was named and answers.
void judge_logs(QuorumFindings& findings, FoundByAddress& found, const std::vector<std::string>& hosts) {
  const wire::CopyState* first = nullptr;
  for (const std::string& host : hosts)
    if (first == nullptr && found[host].state) first = &*found[host].state;
  if (first == nullptr) return;
  const Uuid namespace_id = first->namespace_id;
  for (auto& [address, finding] : found) {
    if (!finding.state) continue;
    const wire::CopyState& state = *finding.state;
    if (state.namespace_id != namespace_id) {
      finding.problem = fmt::format("its journal is of namespace {}, not {}", to_hex(state.namespace_id), to_hex(namespace_id));
      finding.state.reset();
      continue;
    }
    if (state.committed.txid > findings.committed.txid || findings.committed == LogPosition{}) findings.committed = state.committed;
    if (findings.end != LogPosition{} && !is_better(state.end(), findings.end)) continue;
    findings.end = state.end();
    if (auto configuration = decode_configuration(as_bytes(state.configuration.bytes))) findings.configuration = std::move(*configuration);
  }
}

}  // namespace

const NodeFinding* QuorumFindings::find(const std::string& address) const {
  const auto found = std::ranges::find_if(nodes, [&](const NodeFinding& n) { return n.address == address; });
  return found == nodes.end() ? nullptr : &*found;
}

const Member* QuorumFindings::member(const std::string& address) const {
  const auto found = std::ranges::find_if(configuration.members, [&](const Member& m) { return m.address == address; });
  return found == configuration.members.end() ? nullptr : &*found;
}

const NodeFinding* QuorumFindings::best() const {
  const NodeFinding* best = nullptr;
  for (const NodeFinding& node : nodes)
    if (node.state && (best == nullptr || is_better(node.state->end(), best->state->end()))) best = &node;
  return best;
}

std::vector<std::string> QuorumFindings::addresses() const {
  std::vector<std::string> all;
  for (const NodeFinding& node : nodes)
    if (node.member || node.state) all.push_back(node.address);
  return all;
}

Task<QuorumFindings> survey_quorum(Seams seams, JournalUrl url, std::chrono::nanoseconds patience) {
  FoundByAddress found;
  for (std::vector<std::string> asked = url.hosts; !asked.empty(); asked = new_addresses(found)) {
    kj::Vector<kj::Promise<void>> looking;
    for (const std::string& address : asked) {
      NodeFinding& finding = found[address];
      if (!finding.address.empty()) continue;
      finding.address = address;
      looking.add(look_at(seams, url.name, finding, patience));
    }
    kj::Promise<void> all = kj::joinPromises(looking.releaseAsArray());
    co_await kj::mv(all);
  }
  QuorumFindings findings;
  findings.journal = url.name;
  judge_logs(findings, found, url.hosts);
  put_in_order(findings, std::move(found));
  co_return findings;
}

std::optional<Error> objection_to_writing(const QuorumFindings& findings) {
  std::vector<PromiseAnswer> answers;
  for (const NodeFinding& node : findings.nodes) {
    if (!node.state || !node.problem.empty()) continue;
    PromiseAnswer answer;
    answer.address = node.address;
    answer.state = *node.state;
    answers.push_back(std::move(answer));
  }
  if (findings.configuration.members.empty()) return Error(ErrorCode::kIo, "none of the nodes that were asked answers with a copy");
  const auto choice = choose_log(answers);
  if (!choice) return choice.error();
  if (*choice) return std::nullopt;
  const auto is_voter = [](const Member& m) { return m.role != MemberRole::kLearner; };
  const auto voters = std::ranges::count_if(findings.configuration.members, is_voter);
  const auto well = std::ranges::count_if(
      findings.nodes, [&](const NodeFinding& n) { return n.member && is_voter(*n.member) && n.state && n.problem.empty(); });
  return Error(ErrorCode::kIo,
               fmt::format("{} of {} voters can vote, a majority is {}", well, voters, majority_of(findings.configuration)));
}

std::string members_text(const Configuration& configuration) {
  std::string text;
  for (const Member& member : configuration.members)
    text += fmt::format("{}{} ({})", text.empty() ? "" : ", ", member.address, to_string(member.role));
  return text;
}

}  // namespace varve
