#include "editlog/prepared_segment.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"
#include "base/result.h"
#include "editlog/segment_format.h"

namespace varve {
namespace {

// The head of a prepared file: all zeros but for the preallocation record.
void fill_head(const PreparationOptions& options, MutableBytes head) {
  std::fill(head.begin(), head.end(), std::byte{0});
  const PreallocationRecord record = make_preallocation_record(options.namespace_id, options.salt, options.file_bytes);
  std::memcpy(head.data() + kPreallocationOffset, &record, sizeof(record));
}

Task<Result<void>> write_all(File& file, const PreparationOptions& options) {
  CO_TRY(co_await file.preallocate(options.file_bytes));
  AlignedBuffer block(kBlockBytesMax);
  for (std::uint64_t offset = 0; offset < options.file_bytes; offset += kBlockBytesMax) {
    const MutableBytes bytes = block.span(0, std::min<std::uint64_t>(kBlockBytesMax, options.file_bytes - offset));
    fill_unwritten(options.namespace_id, options.salt, offset, bytes);
    if (offset == 0) fill_head(options, bytes.first(kFramesOffset));
    std::vector<Bytes> pieces{bytes};
    CO_TRY(co_await file.write(offset, std::move(pieces)));
  }
  co_return co_await file.sync();
}

Task<Result<void>> remove_if_there(Directory& directory, const std::string& name) {
  Result<void> removed = co_await directory.remove(name);
  if (!removed && removed.error().code() == ErrorCode::kNotFound) co_return ok();
  co_return removed;
}

}  // namespace

Task<Result<PreparedSegment>> PreparedSegment::prepare(Directory& directory, PreparationOptions options) {
  CHECK(options.file_bytes % kPageBytes == 0 && options.file_bytes >= segment_file_bytes(kSectorBytes), options.file_bytes);
  const std::string doing = fmt::format("preparing a segment of {} bytes", options.file_bytes);
  Result<void> removed = co_await remove_if_there(directory, options.name);
  if (!removed) co_return fail(removed.error().within(doing));
  Result<kj::Own<File>> file = co_await directory.create(options.name, OpenMode{.write = true, .direct = options.direct});
  if (!file) co_return fail(file.error().within(doing));
  Result<void> written = co_await write_all(**file, options);
  if (!written) {
    // What is left over is harmless; that it could not be removed either would only hide the first error.
    (void)co_await remove_if_there(directory, options.name);
    co_return fail(written.error().within(doing));
  }
  co_return PreparedSegment(kj::mv(*file), std::move(options));
}

}  // namespace varve
