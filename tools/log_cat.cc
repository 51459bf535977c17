#include "tools/log_cat.h"

#include <fmt/format.h>

#include "base/result.h"
#include "editlog/segment_names.h"
#include "tools/found_files.h"
#include "tools/frame_printer.h"
#include "tools/progress.h"
#include "tools/segment_tail.h"
#include "tools/segment_view.h"

namespace varve {

namespace {

// What the names in the directory say of a segment.
struct Neighbours {
  bool finalized = false;
  std::optional<TxId> next;  // where the segment behind it begins
};

// Prints one segment.
class SegmentPrinter {
 public:
  SegmentPrinter(Viewer& viewer, FramePrinter& printer, Directory& directory, SegmentView& segment, Neighbours names)
      : viewer_(viewer),
        directory_(directory),
        segment_(segment),
        names_(names),
        printer_(printer),
        progress_(viewer, segment.path(), segment.head().file_bytes) {}

  Task<Result<void>> run();

 private:
  Task<Result<void>> begin();
  Task<Result<void>> print_from(SegmentRange range);
  Task<Result<void>> judge(SegmentStop stop, TxId last);

  Viewer& viewer_;
  Directory& directory_;
  SegmentView& segment_;
  Neighbours names_;
  FramePrinter& printer_;
  Progress progress_;
};

Task<Result<void>> SegmentPrinter::run() {
  CO_TRY(co_await begin());
  CO_TRY(co_await print_from(segment_.frames_from(viewer_.options().from)));
  if (printer_.undecoded() > 0)
    viewer_.problem(fmt::format("{}: {} transactions cannot be decoded by the schema in the segment; they are printed as bytes",
                                segment_.path(), printer_.undecoded()));
  co_return ok();
}

// The schema stands in the first frame, wherever printing begins.
Task<Result<void>> SegmentPrinter::begin() {
  SegmentReader reader(segment_.file(), segment_.frames());
  CO_ASSIGN_OR_RETURN(const auto frames, co_await reader.next());
  if (frames.empty()) co_return ok();
  const auto begun = printer_.begin_segment(frames.front());
  if (!begun) viewer_.problem(begun.error().within(segment_.path()));
  co_return ok();
}

Task<Result<void>> SegmentPrinter::print_from(SegmentRange range) {
  SegmentReader reader(segment_.file(), range);
  while (!reader.stop() && !viewer_.done()) {
    CO_ASSIGN_OR_RETURN(const auto frames, co_await reader.next());
    for (const FrameView& frame : frames) {
      if (frame.header->first() > viewer_.options().to) co_return ok();
      printer_.print(frame);
    }
    progress_.reached(reader.offset());
  }
  if (!reader.stop()) co_return ok();
  co_return co_await judge(*reader.stop(), reader.next_txid().previous());
}

Task<Result<void>> SegmentPrinter::judge(SegmentStop stop, TxId last) {
  if (segment_.footer()) {
    if (stop.kind != SegmentStop::Kind::kEnd) co_return fail(ErrorCode::kDamaged, stop.text);
    if (last != segment_.footer()->last().txid)
      co_return fail(ErrorCode::kDamaged, fmt::format("{}: its frames end at txid {}, its trailer says {}", segment_.path(), last.value,
                                                      segment_.footer()->last().txid.value));
    co_return ok();
  }
  if (!names_.finalized && names_.next == last.next()) co_return ok();  // the next start finalizes it
  if (segment_.footer_damage()) co_return fail(*segment_.footer_damage());
  if (names_.next) co_return fail(ErrorCode::kDamaged, stop.text);
  CO_ASSIGN_OR_RETURN(const auto note, co_await judge_tail(directory_, segment_));
  if (note) viewer_.note(*note);
  co_return ok();
}

Task<Result<void>> cat_segment(Viewer& viewer, FramePrinter& frames, Directory& directory, std::string name, Neighbours names) {
  CO_ASSIGN_OR_RETURN(auto segment, co_await SegmentView::open(directory, name));
  SegmentPrinter printer(viewer, frames, directory, *segment, names);
  co_return co_await printer.run();
}

// False when the name alone says that nothing in the file is wanted.
bool may_hold_wanted(const ViewOptions& options, const std::string& name) {
  const auto segment = parse_segment_name(name);
  return !segment || (segment->first <= options.to && (!segment->last || *segment->last >= options.from));
}

Neighbours neighbours(const std::vector<std::string>& names, std::size_t index) {
  Neighbours found;
  const auto own = parse_segment_name(names[index]);
  found.finalized = own && own->last;
  if (index + 1 == names.size()) return found;
  const auto next = parse_segment_name(names[index + 1]);
  if (next) found.next = next->first;
  return found;
}

Task<Result<void>> cat(Viewer& viewer, FramePrinter& frames, std::string path) {
  CO_ASSIGN_OR_RETURN(FoundFiles found, co_await find_segments(viewer.seams().disk, path));
  for (std::size_t i = 0; i < found.names.size(); ++i) {
    if (viewer.done()) co_return ok();
    if (found.whole_directory && !may_hold_wanted(viewer.options(), found.names[i])) continue;
    const Result<void> done = co_await cat_segment(viewer, frames, *found.directory, found.names[i], neighbours(found.names, i));
    if (!done) viewer.problem(done.error());
  }
  co_return ok();
}

}  // namespace

Task<void> log_cat(Viewer& viewer) {
  FramePrinter frames(viewer.options(), viewer.out());
  for (const std::string& path : viewer.options().paths) {
    const Result<void> done = co_await cat(viewer, frames, path);
    if (!done) viewer.problem(done.error());
  }
}

}  // namespace varve
