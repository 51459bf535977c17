#include "editlog/segment_copy.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/result.h"
#include "editlog/segment_names.h"
#include "editlog/segment_reader.h"
#include "editlog/space_reserve.h"

namespace varve {

namespace {

Task<Result<void>> copy_frames(File& source, FramesToCopy frames, SegmentWriter& writer) {
  SegmentRange range;
  range.namespace_id = frames.header.namespace_id;
  range.lineage = frames.header.lineage;
  range.end_offset = frames.end_offset;
  range.before = {frames.header.first().previous(), Epoch{}, frames.header.previous};
  SegmentReader reader(source, range);
  while (true) {
    CO_ASSIGN_OR_RETURN(auto views, co_await reader.next());
    if (views.empty()) break;
    CO_TRY(co_await writer.append_views(std::move(views)));
  }
  if (writer.last() != frames.last)
    co_return fail(ErrorCode::kDamaged, fmt::format("copying {}: read differently a second time: {}", source.path(), reader.stop()->text));
  co_return ok();
}

}  // namespace

FramesToCopy all_frames(const SegmentContents& contents) {
  return {contents.header(), contents.end(), contents.last()};
}

Task<Result<kj::Own<SegmentWriter>>> SegmentCopy::make(std::string name, FramesToCopy frames) {
  auto prepared = co_await prepare(frames);
  if (!prepared) co_return fail(prepared.error().within(fmt::format("copying the proven frames of {}/{}", directory_.path(), name)));
  CO_ASSIGN_OR_RETURN(kj::Own<File> source, co_await directory_.open(name, {}));
  co_return co_await copy_segment(directory_, *source, frames, kj::mv(*prepared));
}

Task<Result<kj::Own<SegmentWriter>>> copy_segment(Directory& directory, File& source, FramesToCopy frames, PreparedSegment prepared) {
  CO_ASSIGN_OR_RETURN(auto writer, co_await SegmentWriter::begin(kj::mv(prepared), frames.header));
  CO_TRY(co_await copy_frames(source, frames, *writer));
  CO_TRY(co_await writer->publish(directory));
  co_return kj::mv(writer);
}

// The usual room first; then with the reserve's space; then no larger than the frames ask for.
Task<Result<PreparedSegment>> SegmentCopy::prepare(FramesToCopy frames) {
  const Uuid namespace_id = frames.header.namespace_id;
  const std::uint64_t least = segment_file_bytes(frames.bytes());
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

}  // namespace varve
