#include "editlog/segment_file.h"

#include <fmt/format.h>

#include "base/check.h"
#include "base/result.h"

namespace varve {
namespace {

Error damaged(const File& file, std::string_view found) {
  return {ErrorCode::kDamaged,
          fmt::format("reading segment {}: {}; the file is damaged: put it back from a copy; varve log verify names all damage",
                      file.path(), found)};
}

// Exactly so many bytes, or kDamaged.
Task<Result<void>> read_whole(File& file, std::uint64_t offset, MutableBytes out) {
  Result<std::size_t> read = co_await file.read(offset, out);
  if (!read) co_return fail(std::move(read.error()));
  if (*read < out.size()) co_return fail(damaged(file, fmt::format("expected {} bytes at offset {}, found {}", out.size(), offset, *read)));
  co_return ok();
}

std::optional<Error> check_index(const File& file, const SegmentFooter& footer) {
  const SegmentTrailer& trailer = footer.trailer;
  const IndexEntry first{trailer.first_txid, kFramesOffset};
  if (footer.index.front() != first) return damaged(file, "its index does not begin with the first frame");
  for (std::size_t i = 0; i < footer.index.size(); ++i) {
    const IndexEntry& entry = footer.index[i];
    const bool inside = entry.offset % kSectorBytes == 0 && entry.offset < trailer.frames_end && entry.first_txid <= trailer.last_txid;
    const bool ascends = i == 0 || (entry.first_txid > footer.index[i - 1].first_txid && entry.offset > footer.index[i - 1].offset);
    if (!inside || !ascends)
      return damaged(
          file, fmt::format("entry {} of its index (txid {} at offset {}) is out of order or range", i, entry.first_txid, entry.offset));
  }
  return std::nullopt;
}

}  // namespace

Task<Result<SegmentHead>> read_segment_head(File& file, Uuid namespace_id) {
  SegmentHead head;
  CO_ASSIGN_OR_RETURN(head.file_bytes, co_await file.size());
  AlignedBuffer buffer(kFramesOffset);
  CO_TRY(co_await read_whole(file, 0, buffer.span(0, kFramesOffset)));
  const Bytes bytes = std::as_const(buffer).span(0, kFramesOffset);
  if (all_zero(bytes.first(kSectorBytes))) co_return fail(damaged(file, "its first sector is all zeros: it has no segment header"));
  head.header = load_as<SegmentHeader>(bytes);
  if (auto error = check_segment_header(head.header, namespace_id, file.path())) co_return fail(*std::move(error));
  const Bytes record = bytes.subspan(kPreallocationOffset, sizeof(PreallocationRecord));
  if (!all_zero(record)) {
    head.preallocation = load_as<PreallocationRecord>(record);
    if (auto error = check_preallocation_record(*head.preallocation, namespace_id, file.path())) co_return fail(*std::move(error));
  }
  if (!all_zero(bytes.subspan(kPreallocationOffset + sizeof(PreallocationRecord))))
    co_return fail(damaged(file, "the bytes between its preallocation record and its first frame are not zeros"));
  co_return head;
}

Task<Result<SegmentFooter>> read_segment_footer(File& file, SegmentHead head) {
  if (head.file_bytes < kFramesOffset + footer_bytes(1) || head.file_bytes % kSectorBytes != 0)
    co_return fail(damaged(file, fmt::format("{} bytes are not the size of a finalized segment", head.file_bytes)));
  SegmentFooter footer;
  SegmentTrailer& trailer = footer.trailer;
  CO_TRY(co_await read_whole(file, head.file_bytes - sizeof(SegmentTrailer), std::as_writable_bytes(std::span(&trailer, 1))));
  if (auto error = check_segment_trailer(trailer, head.header, file.path())) co_return fail(*std::move(error));
  if (trailer.frames_end + footer_bytes(trailer.index_entries) != head.file_bytes)
    co_return fail(damaged(file, fmt::format("by its trailer it has {} bytes, but it has {}",
                                             trailer.frames_end + footer_bytes(trailer.index_entries), head.file_bytes)));
  AlignedBuffer buffer(head.file_bytes - sizeof(SegmentTrailer) - trailer.frames_end);
  const MutableBytes padded = buffer.span(0, head.file_bytes - sizeof(SegmentTrailer) - trailer.frames_end);
  CO_TRY(co_await read_whole(file, trailer.frames_end, padded));
  if (digest_of(padded) != trailer.index)
    co_return fail(damaged(file, fmt::format("the digest of its index at offset {} does not hold", trailer.frames_end)));
  footer.index.resize(trailer.index_entries);
  std::memcpy(footer.index.data(), padded.data(), footer.index.size() * sizeof(IndexEntry));
  if (!all_zero(padded.subspan(footer.index.size() * sizeof(IndexEntry))))
    co_return fail(damaged(file, "the padding of its index is not zeros"));
  if (auto error = check_index(file, footer)) co_return fail(*std::move(error));
  co_return footer;
}

}  // namespace varve
