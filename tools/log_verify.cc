#include "tools/log_verify.h"

#include <fmt/format.h>

#include "base/result.h"
#include "editlog/log_verifier.h"
#include "editlog/segment_verifier.h"
#include "tools/count_text.h"
#include "tools/found_files.h"
#include "tools/json_writer.h"
#include "tools/segment_view.h"
#include "tools/slots_view.h"

namespace varve {

namespace {

struct Summary {
  std::uint64_t segments = 0;
  std::uint64_t frames = 0;
  std::uint64_t transactions = 0;
  std::uint64_t damage = 0;
  std::uint64_t notes = 0;
};

void print_json(Viewer& viewer, std::string_view finding, const std::string& file, std::optional<std::uint64_t> offset,
                std::string_view text) {
  JsonWriter json(viewer.out());
  json.begin_object();
  json.field("finding", finding);
  json.field("file", file);
  if (offset) json.field("offset", *offset);
  json.field("text", text);
  json.end_object();
  json.end_line();
}

void report(Viewer& viewer, const std::string& directory, const LogFindings& findings, Summary& summary,
            const std::string& only_file = "") {
  for (const LogFinding& finding : findings.all()) {
    const bool damage = finding.kind == LogFinding::Kind::kDamage;
    const std::string file = directory + "/" + (only_file.empty() ? finding.file : only_file);
    damage ? ++summary.damage : ++summary.notes;
    const std::string line = fmt::format("{} at offset {}: {}", file, finding.offset, finding.what);
    damage ? viewer.problem(line) : viewer.note(line);
    if (viewer.options().json) print_json(viewer, damage ? "damage" : "note", file, finding.offset, finding.what);
  }
}

Task<Result<void>> verify_directory(Viewer& viewer, Directory& directory, Summary& summary) {
  CO_ASSIGN_OR_RETURN(const LogVerification log,
                      co_await verify_log(directory, [&viewer, &directory](const std::string& file, std::uint64_t bytes) {
                        viewer.progress(fmt::format("{}/{}: verifying {} MiB", directory.path(), file, bytes >> 20));
                      }));
  report(viewer, directory.path(), log.findings, summary);
  summary.segments += log.segments;
  summary.frames += log.frames;
  summary.transactions += log.transactions;
  co_return ok();
}

// Where a segment that was named alone stands, by its name, its own head and the slots beside it.
Task<SegmentPlace> place_of(Directory& directory, std::string name, SegmentView& segment) {
  const SegmentHeader& header = segment.head().header;
  SegmentPlace place{.name = {header.first(), std::nullopt}, .namespace_id = header.namespace_id, .lineage = header.lineage};
  if (segment.footer()) place.name.last = segment.footer()->last().txid;
  if (const auto named = parse_segment_name(name)) place.name = *named;
  const auto slots = co_await read_slots(directory);
  if (slots && slots->namespace_id == header.namespace_id) place.mark = slots->mark.txid;
  co_return place;
}

Task<Result<void>> verify_file(Viewer& viewer, Directory& directory, std::string name, Summary& summary) {
  CO_ASSIGN_OR_RETURN(auto segment, co_await SegmentView::open(directory, name));
  const SegmentPlace place = co_await place_of(directory, name, *segment);
  LogFindings findings;
  CO_ASSIGN_OR_RETURN(const SegmentVerdict verdict, co_await verify_segment(segment->file(), place, findings));
  report(viewer, directory.path(), findings, summary, name);
  ++summary.segments;
  summary.frames += verdict.frames;
  summary.transactions += verdict.transactions;
  co_return ok();
}

Task<Result<void>> verify(Viewer& viewer, std::string path, Summary& summary) {
  CO_ASSIGN_OR_RETURN(FoundFiles found, co_await find_segments(viewer.seams().disk, path));
  if (found.whole_directory) co_return co_await verify_directory(viewer, *found.directory, summary);
  co_return co_await verify_file(viewer, *found.directory, found.names.front(), summary);
}

void print(Viewer& viewer, const Summary& summary) {
  if (!viewer.options().json) {
    viewer.out().write(fmt::format("{}, {}, {} good; {}, {}\n", count_text(summary.segments, "segment"),
                                   count_text(summary.frames, "frame"), count_text(summary.transactions, "transaction"),
                                   count_text(summary.damage, "damaged place"), count_text(summary.notes, "note")));
    return;
  }
  JsonWriter json(viewer.out());
  json.begin_object();
  json.field("segments", summary.segments);
  json.field("frames", summary.frames);
  json.field("transactions", summary.transactions);
  json.field("damage", summary.damage);
  json.field("notes", summary.notes);
  json.end_object();
  json.end_line();
}

}  // namespace

Task<void> log_verify(Viewer& viewer) {
  Summary summary;
  for (const std::string& path : viewer.options().paths) {
    const Result<void> done = co_await verify(viewer, path, summary);
    if (done) continue;
    ++summary.damage;
    viewer.problem(done.error());
    if (viewer.options().json) print_json(viewer, "damage", path, std::nullopt, done.error().text());
  }
  print(viewer, summary);
}

}  // namespace varve
