#include "tools/journal/status_printer.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/digest.h"
#include "base/uuid.h"
#include "tools/count_text.h"
#include "tools/json_writer.h"

namespace varve {

namespace {

std::string role_text(const QuorumFindings& findings, const NodeFinding& node) {
  if (node.member) return std::string(to_string(node.member->role));
  return findings.configuration.members.empty() ? "unknown" : "none";
}

std::uint64_t lag_of(const QuorumFindings& findings, const wire::CopyState& state) {
  return findings.end.txid > state.end().txid ? findings.end.txid.value - state.end().txid.value : 0;
}

std::uint64_t disk_bytes(const NodeFinding& node) {
  std::uint64_t bytes = 0;
  for (const SegmentInfo& segment : node.segments) bytes += segment.bytes;
  return bytes;
}

std::string bytes_text(std::uint64_t bytes) {
  const char* const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  unsigned unit = 0;
  while (bytes >= 10'000 && unit < 4) {
    bytes /= 1024;
    ++unit;
  }
  return fmt::format("{} {}", bytes, units[unit]);
}

std::string state_text(const NodeFinding& node, const NodeDetails& details) {
  if (!node.problem.empty()) return "WRONG";
  if (!details.damage.empty()) return "DAMAGE";
  return "well";
}

std::string row(const QuorumFindings& findings, const NodeFinding& node, const NodeDetails& details) {
  if (!node.state) return fmt::format("{:<23} {:<7} AWAY", node.address, role_text(findings, node));
  const wire::CopyState& state = *node.state;
  return fmt::format("{:<23} {:<7} {:<6} {:>5} {:>8} {:>10} {:>10} {:<12} {:>8} {:>5} {:>9}", node.address, role_text(findings, node),
                     state_text(node, details), state.promised.value, state.start.position.txid.value + 1, state.end().txid.value,
                     state.committed.txid.value, to_hex(state.committed.digest).substr(0, 12), lag_of(findings, state),
                     node.segments.size(), bytes_text(disk_bytes(node)));
}

void print_head(TextSink& out, const QuorumFindings& findings) {
  const NodeFinding* best = findings.best();
  out.write(fmt::format("journal {}", findings.journal));
  if (best != nullptr)
    out.write(fmt::format(": namespace {}, lineage {}, members as of txid {}", to_hex(best->state->namespace_id), best->state->lineage,
                          findings.configuration.txid.value));
  out.write("\n");
}

void print_writer(TextSink& out, const QuorumFindings& findings, const std::vector<NodeDetails>& details) {
  std::vector<std::string> connected;
  const NodeDetails* writer = nullptr;
  for (std::size_t i = 0; i < details.size(); ++i) {
    if (!details[i].writer_connected) continue;
    connected.push_back(findings.nodes[i].address);
    writer = &details[i];
  }
  if (writer == nullptr) {
    out.write("writer: none is connected\n");
    return;
  }
  out.write(fmt::format("writer: {}{}{}, connected to {} of {}\n", writer->writer, writer->writer_host.empty() ? "" : " on ",
                        writer->writer_host, connected.size(), count_text(findings.nodes.size(), "node")));
}

void print_remarks(TextSink& out, const NodeFinding& node, const NodeDetails& details) {
  if (!node.problem.empty()) out.write(fmt::format("{}: {}\n", node.address, node.problem));
  for (const std::string& line : details.damage) out.write(fmt::format("{}: damage: {}\n", node.address, line));
  if (!details.pulling_from.empty()) out.write(fmt::format("{}: fetches what it missed from {}\n", node.address, details.pulling_from));
}

class StatusWriter {
 public:
  StatusWriter(TextSink& out, const QuorumFindings& findings) : json_(out), findings_(findings) {}

  void write(const std::vector<NodeDetails>& details, const std::optional<Error>& objection) {
    json_.begin_object();
    json_.field("journal", findings_.journal);
    if (const NodeFinding* best = findings_.best()) {
      json_.field("namespace", to_hex(best->state->namespace_id));
      json_.field("lineage", best->state->lineage);
    }
    json_.field("configuration_txid", findings_.configuration.txid.value);
    json_.key("can_serve_writer");
    json_.boolean(!objection);
    json_.field("reason", objection ? objection->text() : std::string());
    json_.key("nodes");
    json_.begin_array();
    for (std::size_t i = 0; i < details.size(); ++i) write(findings_.nodes[i], details[i]);
    json_.end_array();
    json_.end_object();
    json_.end_line();
  }

 private:
  void write(const NodeFinding& node, const NodeDetails& details) {
    json_.begin_object();
    json_.field("address", node.address);
    json_.field("role", role_text(findings_, node));
    json_.key("reachable");
    json_.boolean(node.state.has_value());
    json_.field("problem", node.problem);
    if (node.state) write(node, *node.state, details);
    json_.end_object();
  }

  void write(const NodeFinding& node, const wire::CopyState& state, const NodeDetails& details) {
    json_.field("name", state.node_name);
    json_.field("disk", to_hex(state.disk));
    json_.field("epoch", state.promised.value);
    json_.field("first_txid", state.start.position.txid.value + 1);
    json_.field("last_txid", state.end().txid.value);
    json_.field("last_epoch", state.end().epoch.value);
    json_.field("committed_txid", state.committed.txid.value);
    json_.field("committed_digest", to_hex(state.committed.digest));
    json_.field("lag", lag_of(findings_, state));
    json_.field("segments", std::uint64_t{node.segments.size()});
    json_.field("disk_bytes", disk_bytes(node));
    json_.key("tail_certain");
    json_.boolean(state.tail_certain);
    json_.key("writer_connected");
    json_.boolean(details.writer_connected);
    json_.field("writer", details.writer);
    json_.field("writer_host", details.writer_host);
    json_.field("pulling_from", details.pulling_from);
    json_.key("damage");
    json_.begin_array();
    for (const std::string& line : details.damage) json_.text(line);
    json_.end_array();
  }

  JsonWriter json_;
  const QuorumFindings& findings_;
};

}  // namespace

void print_status(TextSink& out, const QuorumFindings& findings, const std::vector<NodeDetails>& details) {
  print_head(out, findings);
  print_writer(out, findings, details);
  out.write(fmt::format("{:<23} {:<7} {:<6} {:>5} {:>8} {:>10} {:>10} {:<12} {:>8} {:>5} {:>9}\n", "NODE", "ROLE", "STATE", "EPOCH",
                        "FIRST", "LAST", "COMMITTED", "DIGEST", "LAG", "FILES", "DISK"));
  for (std::size_t i = 0; i < details.size(); ++i) out.write(row(findings, findings.nodes[i], details[i]) + "\n");
  for (std::size_t i = 0; i < details.size(); ++i) print_remarks(out, findings.nodes[i], details[i]);
}

void print_status_json(TextSink& out, const QuorumFindings& findings, const std::vector<NodeDetails>& details,
                       const std::optional<Error>& objection) {
  StatusWriter(out, findings).write(details, objection);
}

}  // namespace varve
