#include "editlog/segment_copy.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/result.h"
#include "editlog/segment_names.h"
#include "editlog/segment_reader.h"
#include "editlog/space_reserve.h"

namespace varve {

Task<Result<kj::Own<SegmentWriter>>> SegmentCopy::make(std::string name, const SegmentScan& scan) {
  auto prepared = co_await prepare(scan);
  if (!prepared) co_return fail(prepared.error().within(fmt::format("copying the proven frames of {}/{}", directory_.path(), name)));
  CO_ASSIGN_OR_RETURN(auto writer, co_await SegmentWriter::begin(kj::mv(*prepared), scan.head.header));
  CO_TRY(co_await copy_frames(name, scan, *writer));
  CO_TRY(co_await writer->publish(directory_));
  co_return kj::mv(writer);
}

// The usual room first; then with the reserve's space; then no larger than the frames ask for.
Task<Result<PreparedSegment>> SegmentCopy::prepare(const SegmentScan& scan) {
  const Uuid namespace_id = scan.head.header.namespace_id;
  const std::uint64_t least = segment_file_bytes(scan.contents.frame_bytes());
  const std::uint64_t wanted = std::max(usual_bytes_, least);
  auto prepared = co_await prepare_file(namespace_id, wanted);
  if (prepared || prepared.error().code() != ErrorCode::kNoSpace) co_return prepared;
  seams_.log(LogLevel::kWarning,
             fmt::format("{}: no space for recovery, using the reserve up: {}", directory_.path(), prepared.error().text()));
  CO_TRY(co_await SpaceReserve::use_up(directory_));
  auto again = co_await prepare_file(namespace_id, wanted);
  if (again || again.error().code() != ErrorCode::kNoSpace || least == wanted) co_return again;
  co_return co_await prepare_file(namespace_id, least);
}

Task<Result<PreparedSegment>> SegmentCopy::prepare_file(Uuid namespace_id, std::uint64_t file_bytes) {
  return PreparedSegment::prepare(directory_, {.name = std::string(kPreparedFile),
                                               .namespace_id = namespace_id,
                                               .salt = seams_.random.next(),
                                               .file_bytes = file_bytes,
                                               .direct = direct_});
}

Task<Result<void>> SegmentCopy::copy_frames(std::string name, const SegmentScan& scan, SegmentWriter& writer) {
  CO_ASSIGN_OR_RETURN(kj::Own<File> file, co_await directory_.open(name, {}));
  SegmentRange range;
  range.namespace_id = scan.head.header.namespace_id;
  range.lineage = scan.head.header.lineage;
  range.end_offset = scan.contents.end();
  range.before = {scan.head.header.first().previous(), Epoch{}, scan.head.header.previous};
  SegmentReader reader(*file, range);
  while (true) {
    CO_ASSIGN_OR_RETURN(auto frames, co_await reader.next());
    if (frames.empty()) break;
    CO_TRY(co_await writer.append_views(std::move(frames)));
  }
  if (writer.last() != scan.contents.last())
    co_return fail(ErrorCode::kDamaged, fmt::format("copying {}: read differently a second time: {}", file->path(), reader.stop()->text));
  co_return ok();
}

}  // namespace varve
