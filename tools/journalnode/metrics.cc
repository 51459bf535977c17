#include "tools/journalnode/metrics.h"

#include <limits>

#include "base/uuid.h"
#include "tools/journalnode/lag.h"
#include "tools/journalnode/prometheus_writer.h"

namespace varve {

namespace {

double seconds(std::uint64_t us) {
  return static_cast<double>(us) / 1e6;
}

// A number of the node.
struct NodeFamily {
  std::string_view name;
  std::string_view type;
  std::string_view help;
  std::uint64_t (*value)(const NodeStatus& status);
};

constexpr NodeFamily kNodeFamilies[] = {
    {"varve_journal_node_ready", "gauge", "1 when the node takes appends, else 0; /readyz says why not.",
     [](const NodeStatus& s) -> std::uint64_t { return reasons_not_ready(s).empty() ? 1 : 0; }},
    {"varve_journal_node_draining", "gauge", "1 while the node is being stopped.",
     [](const NodeStatus& s) -> std::uint64_t { return s.draining ? 1 : 0; }},
    {"varve_journal_node_journals", "gauge", "Journals that are open.",
     [](const NodeStatus& s) -> std::uint64_t { return s.journals.size(); }},
    {"varve_journal_node_unopened_journals", "gauge", "Journals that cannot be opened.",
     [](const NodeStatus& s) -> std::uint64_t { return s.unopened.size(); }},
    {"varve_journal_node_disk_free_bytes", "gauge", "Free on the disk of the journals.",
     [](const NodeStatus& s) { return s.disk_free_bytes; }},
    {"varve_journal_node_disk_reserve_bytes", "gauge", "Below this much free space the node is not ready.",
     [](const NodeStatus& s) { return s.disk_reserve_bytes; }},
    {"varve_journal_node_memory_bytes", "gauge", "Resident memory of the process.", [](const NodeStatus& s) { return s.memory_bytes; }},
    {"varve_journal_node_connections", "gauge", "Connections of writers, readers and other nodes.",
     [](const NodeStatus& s) { return s.connections; }},
    {"varve_journal_node_refused_connections_total", "counter", "Connections ended for bad bytes, wrong certificates or too many of them.",
     [](const NodeStatus& s) { return s.refused_connections; }},
};

// A number of each journal.
struct JournalFamily {
  std::string_view name;
  std::string_view type;
  std::string_view help;
  std::uint64_t (*value)(const JournalCopyStatus& journal);
};

using Journal = JournalCopyStatus;
constexpr JournalFamily kJournalFamilies[] = {
    {"varve_journal_promised_epoch", "gauge", "Highest epoch that this copy has promised to; older writers are refused.",
     [](const Journal& j) { return j.promised.value; }},
    {"varve_journal_last_writer_epoch", "gauge", "Epoch of the last durable frame.", [](const Journal& j) { return j.end.epoch.value; }},
    {"varve_journal_writer_connected", "gauge", "1 while a writer of the promised epoch is connected.",
     [](const Journal& j) -> std::uint64_t { return j.writer_connected ? 1 : 0; }},
    {"varve_journal_first_txid", "gauge", "Oldest transaction in the log.", [](const Journal& j) { return j.first.value; }},
    {"varve_journal_end_txid", "gauge", "Last durable transaction.", [](const Journal& j) { return j.end.txid.value; }},
    {"varve_journal_committed_txid", "gauge", "Last transaction known to be committed.",
     [](const Journal& j) { return j.committed.txid.value; }},
    {"varve_journal_lag_transactions", "gauge", "Transactions that the writer has and this copy has not.", lag_of},
    {"varve_journal_member", "gauge", "1 when the newest configuration in the log names this copy.",
     [](const Journal& j) -> std::uint64_t { return j.member ? 1 : 0; }},
    {"varve_journal_tail_certain", "gauge", "0 when the node cannot tell where its log ends, else 1.",
     [](const Journal& j) -> std::uint64_t { return j.tail_certain ? 1 : 0; }},
    {"varve_journal_failed", "gauge", "1 when the log takes nothing more.",
     [](const Journal& j) -> std::uint64_t { return j.failure.empty() ? 0 : 1; }},
    {"varve_journal_damage", "gauge", "Damaged places known and not yet mended.",
     [](const Journal& j) -> std::uint64_t { return j.damage.size(); }},
    {"varve_journal_pulling", "gauge", "1 while missing segments come from another member.",
     [](const Journal& j) -> std::uint64_t { return j.pulling_from.empty() ? 0 : 1; }},
    {"varve_journal_segments", "gauge", "Segment files.", [](const Journal& j) { return j.segments; }},
    {"varve_journal_disk_bytes", "gauge", "Bytes of the log on disk.", [](const Journal& j) { return j.disk_bytes; }},
    {"varve_journal_followers", "gauge", "Streams of committed frames to readers.", [](const Journal& j) { return j.followers; }},
    {"varve_journal_batches_total", "counter", "Appends gathered into one sync.", [](const Journal& j) { return j.batches; }},
    {"varve_journal_frames_total", "counter", "Frames stored.", [](const Journal& j) { return j.frames; }},
    {"varve_journal_transactions_total", "counter", "Transactions stored.", [](const Journal& j) { return j.transactions; }},
    {"varve_journal_bytes_total", "counter", "Bytes of the frames stored.", [](const Journal& j) { return j.bytes; }},
    {"varve_journal_promises_total", "counter", "Promises given to writers.", [](const Journal& j) { return j.promises; }},
    {"varve_journal_refused_old_epoch_total", "counter", "Requests of writers whose reign is over.",
     [](const Journal& j) { return j.refused_old_epoch; }},
    {"varve_journal_cuts_total", "counter", "Times that a tail of an older epoch was cut.", [](const Journal& j) { return j.cuts; }},
    {"varve_journal_frames_cut_total", "counter", "Frames in those tails.", [](const Journal& j) { return j.frames_cut; }},
    {"varve_journal_segments_pulled_total", "counter", "Segments fetched from other members.",
     [](const Journal& j) { return j.segments_pulled; }},
    {"varve_journal_segments_mended_total", "counter", "Damaged segments put right from other members.",
     [](const Journal& j) { return j.segments_mended; }},
};

void write_node(PrometheusWriter& out, const NodeStatus& status, const ProcessFacts& process) {
  out.family("varve_journal_node_info", "gauge", "Always 1; the labels tell of the node.");
  out.sample({{"name", status.name}, {"address", status.address}, {"version", status.version}, {"boot", to_hex(status.boot)}},
             std::uint64_t{1});
  out.family("varve_journal_node_start_time_seconds", "gauge", "When the process was started, in seconds since 1970.");
  out.sample({}, seconds(status.started_wall_us));
  out.family("varve_journal_node_cpu_seconds_total", "counter", "Processor time of the process.");
  out.sample({}, seconds(process.cpu_us));
  out.family("varve_journal_node_open_files", "gauge", "Open file descriptors.");
  out.sample({}, process.open_files);
  for (const NodeFamily& family : kNodeFamilies) {
    out.family(family.name, family.type, family.help);
    out.sample({}, family.value(status));
  }
}

void write_sync(PrometheusWriter& out, const std::vector<JournalCopyStatus>& journals) {
  out.family("varve_journal_sync_seconds", "summary", "Time of a batch's write with its sync; quantiles over about a minute.");
  for (const JournalCopyStatus& journal : journals) {
    const bool measured = journal.sync.max_us > 0;
    const auto quantile = [&](std::string_view which, std::uint64_t us) {
      out.sample({{"journal", journal.name}, {"quantile", which}}, measured ? seconds(us) : std::numeric_limits<double>::quiet_NaN());
    };
    quantile("0.5", journal.sync.p50_us);
    quantile("0.9", journal.sync.p90_us);
    quantile("0.99", journal.sync.p99_us);
    out.sample({{"journal", journal.name}}, seconds(journal.sync.sum_us), "_sum");
    out.sample({{"journal", journal.name}}, journal.sync.count, "_count");
  }
  out.family("varve_journal_sync_max_seconds", "gauge", "The longest of these in about a minute.");
  for (const JournalCopyStatus& journal : journals) out.sample({{"journal", journal.name}}, seconds(journal.sync.max_us));
}

}  // namespace

std::string metrics_text(const NodeStatus& status, const ProcessFacts& process) {
  PrometheusWriter out;
  write_node(out, status, process);
  for (const JournalFamily& family : kJournalFamilies) {
    out.family(family.name, family.type, family.help);
    for (const JournalCopyStatus& journal : status.journals) out.sample({{"journal", journal.name}}, family.value(journal));
  }
  out.family("varve_journal_last_append_timestamp_seconds", "gauge", "When the last append came, in seconds since 1970; 0: none yet.");
  for (const JournalCopyStatus& journal : status.journals) out.sample({{"journal", journal.name}}, seconds(journal.last_append_wall_us));
  write_sync(out, status.journals);
  return out.text();
}

}  // namespace varve
