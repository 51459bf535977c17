#include "tools/log_stat.h"

#include <fmt/format.h>

#include "base/digest.h"
#include "base/result.h"
#include "base/uuid.h"
#include "editlog/control.h"
#include "editlog/segment_contents.h"
#include "tools/found_files.h"
#include "tools/json_writer.h"
#include "tools/segment_view.h"
#include "tools/slots_view.h"

namespace varve {

namespace {

struct SegmentStat {
  std::string path;
  std::string_view state;  // "final", "in progress", "damaged"
  TxId first;
  LogPosition last;  // when empty: the txid before `first`
  std::uint64_t frames = 0;
  std::uint64_t file_bytes = 0;
  std::uint64_t frame_bytes = 0;
  std::string schema_name;
};

// Reads all frames of a segment whose trailer cannot say what they add up to.
Task<Result<SegmentContents>> add_up(SegmentView& segment) {
  SegmentContents contents(segment.head().header);
  SegmentReader reader(segment.file(), segment.frames());
  while (!reader.stop()) {
    CO_ASSIGN_OR_RETURN(const auto frames, co_await reader.next());
    for (const FrameView& frame : frames) contents.add(*frame.header);
  }
  co_return contents;
}

Task<Result<std::string>> schema_name(SegmentView& segment) {
  SegmentReader reader(segment.file(), segment.frames());
  CO_ASSIGN_OR_RETURN(const auto frames, co_await reader.next());
  if (frames.empty()) co_return std::string();
  TransactionCursor transactions = frames.front().transactions();
  if (!transactions.next()) co_return std::string();
  const auto start = decode_segment_start(transactions.bytes());
  co_return start ? start->schema_name : std::string();
}

Task<Result<SegmentStat>> stat_segment(Directory& directory, std::string name) {
  CO_ASSIGN_OR_RETURN(auto segment, co_await SegmentView::open(directory, name));
  SegmentStat stat{.path = segment->path(), .first = segment->head().header.first(), .file_bytes = segment->head().file_bytes};
  CO_ASSIGN_OR_RETURN(stat.schema_name, co_await schema_name(*segment));
  if (segment->footer()) {
    stat.state = "final";
    stat.last = segment->footer()->last();
    stat.frames = segment->footer()->trailer.frames;
    stat.frame_bytes = segment->footer()->trailer.frames_end - kFramesOffset;
    co_return stat;
  }
  CO_ASSIGN_OR_RETURN(const SegmentContents contents, co_await add_up(*segment));
  stat.state = segment->in_progress() ? "in progress" : "damaged";
  stat.last = contents.last();
  stat.frames = contents.frames();
  stat.frame_bytes = contents.frame_bytes();
  co_return stat;
}

void print_segment(Viewer& viewer, const SegmentStat& stat) {
  const std::uint64_t transactions = stat.last.txid.value + 1 - stat.first.value;
  if (!viewer.options().json) {
    viewer.out().write(fmt::format("{:<12} {:>12} {:>12} {:>12} {:>10} {:>6} {:>14} {:>14}  {}\n", stat.state, stat.first.value,
                                   stat.last.txid.value, transactions, stat.frames, stat.last.epoch.value, stat.frame_bytes,
                                   stat.file_bytes, stat.path));
    return;
  }
  JsonWriter json(viewer.out());
  json.begin_object();
  json.field("file", stat.path);
  json.field("state", stat.state);
  json.field("first_txid", stat.first.value);
  json.field("last_txid", stat.last.txid.value);
  json.field("transactions", transactions);
  json.field("frames", stat.frames);
  json.field("last_epoch", stat.last.epoch.value);
  json.field("last_digest", to_hex(stat.last.digest));
  json.field("frame_bytes", stat.frame_bytes);
  json.field("file_bytes", stat.file_bytes);
  json.field("schema_name", stat.schema_name);
  json.end_object();
  json.end_line();
}

void print_directory(Viewer& viewer, const std::string& path, const SlotState& slots) {
  if (!viewer.options().json) {
    viewer.out().write(
        fmt::format("{}: namespace {}, lineage {}, disk {}\n  begins after txid {}, promised epoch {}, marked durable up to txid {}\n",
                    path, to_hex(slots.namespace_id), slots.lineage, to_hex(slots.disk_id), slots.start.position.txid.value,
                    slots.promised.value, slots.mark.txid.value));
    return;
  }
  JsonWriter json(viewer.out());
  json.begin_object();
  json.field("directory", path);
  json.field("namespace", to_hex(slots.namespace_id));
  json.field("lineage", slots.lineage);
  json.field("disk", to_hex(slots.disk_id));
  json.field("start_txid", slots.start.position.txid.value);
  json.field("promised_epoch", slots.promised.value);
  json.field("marked_txid", slots.mark.txid.value);
  json.end_object();
  json.end_line();
}

Task<Result<void>> stat(Viewer& viewer, std::string path) {
  CO_ASSIGN_OR_RETURN(FoundFiles found, co_await find_segments(viewer.seams().disk, path));
  if (found.whole_directory) {
    const auto slots = co_await read_slots(*found.directory);
    if (slots) {
      print_directory(viewer, found.directory->path(), *slots);
    } else {
      viewer.problem(slots.error());
    }
  }
  if (!viewer.options().json)
    viewer.out().write(fmt::format("{:<12} {:>12} {:>12} {:>12} {:>10} {:>6} {:>14} {:>14}  {}\n", "STATE", "FIRST", "LAST", "TRANSACTIONS",
                                   "FRAMES", "EPOCH", "FRAME BYTES", "FILE BYTES", "FILE"));
  for (const std::string& name : found.names) {
    const auto segment = co_await stat_segment(*found.directory, name);
    if (segment) {
      print_segment(viewer, *segment);
    } else {
      viewer.problem(segment.error());
    }
  }
  co_return ok();
}

}  // namespace

Task<void> log_stat(Viewer& viewer) {
  for (const std::string& path : viewer.options().paths) {
    const Result<void> done = co_await stat(viewer, path);
    if (!done) viewer.problem(done.error());
  }
}

}  // namespace varve
