#include "tools/journalnode/status_json.h"

#include "base/uuid.h"
#include "tools/journalnode/lag.h"
#include "tools/json_writer.h"

namespace varve {

namespace {

class StatusWriter {
 public:
  explicit StatusWriter(JsonWriter& json) : json_(json) {}

  void write(const NodeStatus& status, const ProcessFacts& process) {
    json_.begin_object();
    json_.field("version", status.version);
    json_.field("name", status.name);
    json_.field("address", status.address);
    json_.field("directory", status.directory);
    json_.field("boot", to_hex(status.boot));
    json_.field("started_us", status.started_wall_us);
    json_.field("now_us", status.now_wall_us);
    json_.field("disk_free_bytes", status.disk_free_bytes);
    json_.field("disk_reserve_bytes", status.disk_reserve_bytes);
    json_.field("memory_bytes", status.memory_bytes);
    json_.field("cpu_us", process.cpu_us);
    json_.field("open_files", process.open_files);
    json_.field("connections", status.connections);
    json_.field("refused_connections", status.refused_connections);
    flag("draining", status.draining);
    const std::vector<std::string> reasons = reasons_not_ready(status);
    flag("ready", reasons.empty());
    texts("not_ready", reasons);
    texts("unopened", status.unopened);
    json_.key("journals");
    json_.begin_array();
    for (const JournalCopyStatus& journal : status.journals) write(journal);
    json_.end_array();
    json_.end_object();
  }

 private:
  void write(const JournalCopyStatus& journal) {
    json_.begin_object();
    write_identity(journal);
    write_log(journal);
    write_counts(journal);
    write_sync(journal.sync);
    json_.end_object();
  }

  void write_identity(const JournalCopyStatus& journal) {
    json_.field("name", journal.name);
    json_.field("namespace", to_hex(journal.namespace_id));
    json_.field("lineage", journal.lineage);
    json_.field("disk", to_hex(journal.disk));
    json_.field("directory", journal.directory);
    json_.field("role", to_string(journal.role));
    flag("member", journal.member);
    json_.key("members");
    json_.begin_array();
    for (const Member& member : journal.members) {
      json_.begin_object();
      json_.field("disk", to_hex(member.disk));
      json_.field("address", member.address);
      json_.field("role", to_string(member.role));
      json_.end_object();
    }
    json_.end_array();
  }

  void write_log(const JournalCopyStatus& journal) {
    json_.field("promised", journal.promised.value);
    json_.field("writer", journal.writer);
    json_.field("writer_host", journal.writer_host);
    flag("writer_connected", journal.writer_connected);
    json_.field("first", journal.first.value);
    position("end", journal.end);
    position("committed", journal.committed);
    json_.field("writer_end", journal.writer_end.value);
    json_.field("lag", lag_of(journal));
    flag("tail_certain", journal.tail_certain);
    texts("damage", journal.damage);
    json_.field("pulling_from", journal.pulling_from);
    json_.field("failure", journal.failure);
    json_.field("segments", journal.segments);
    json_.field("disk_bytes", journal.disk_bytes);
    json_.field("followers", journal.followers);
  }

  void write_counts(const JournalCopyStatus& journal) {
    json_.field("batches", journal.batches);
    json_.field("frames", journal.frames);
    json_.field("transactions", journal.transactions);
    json_.field("bytes", journal.bytes);
    json_.field("promises", journal.promises);
    json_.field("refused_old_epoch", journal.refused_old_epoch);
    json_.field("cuts", journal.cuts);
    json_.field("frames_cut", journal.frames_cut);
    json_.field("segments_pulled", journal.segments_pulled);
    json_.field("segments_mended", journal.segments_mended);
    json_.field("last_append_us", journal.last_append_wall_us);
  }

  void write_sync(const LatencySummary& sync) {
    json_.key("sync");
    json_.begin_object();
    json_.field("count", sync.count);
    json_.field("sum_us", sync.sum_us);
    json_.field("p50_us", sync.p50_us);
    json_.field("p90_us", sync.p90_us);
    json_.field("p99_us", sync.p99_us);
    json_.field("max_us", sync.max_us);
    json_.end_object();
  }

  void position(std::string_view name, const LogPosition& position) {
    json_.key(name);
    json_.begin_object();
    json_.field("txid", position.txid.value);
    json_.field("epoch", position.epoch.value);
    json_.field("digest", to_hex(Uuid{position.digest.low, position.digest.high}));
    json_.end_object();
  }

  void flag(std::string_view name, bool value) {
    json_.key(name);
    json_.boolean(value);
  }

  void texts(std::string_view name, const std::vector<std::string>& values) {
    json_.key(name);
    json_.begin_array();
    for (const std::string& value : values) json_.text(value);
    json_.end_array();
  }

  JsonWriter& json_;
};

}  // namespace

std::string status_json(const NodeStatus& status, const ProcessFacts& process) {
  StringSink sink;
  JsonWriter json(sink);
  StatusWriter(json).write(status, process);
  return sink.text() + "\n";
}

}  // namespace varve
