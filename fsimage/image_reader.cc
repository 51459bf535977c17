#include "fsimage/image_reader.h"

#include <fmt/format.h>
#include <algorithm>

#include <utility>
#include <vector>

#include "base/check.h"
#include "base/digest.h"
#include "base/result.h"

namespace varve {
namespace {

std::string reading(const File& file) {
  return fmt::format("reading image {}", file.path());
}

// kDamaged when the file ends before `out` is full.
Task<Result<void>> read_fully(File& file, std::uint64_t offset, MutableBytes out) {
  CO_ASSIGN_OR_RETURN(const std::size_t bytes, co_await file.read(offset, out));
  if (bytes == out.size()) co_return ok();
  co_return image_damaged(fmt::format("the file ends at {}, expected {} bytes at offset {}", offset + bytes, out.size(), offset));
}

Digest digest_of_whole(const ImageHeader& header, const TableOfContents& toc, Digest table) {
  DigestStream whole;
  whole.add(bytes_of(header.self));
  for (const ChunkEntry& chunk : toc.chunks) whole.add(bytes_of(chunk.header));
  whole.add(bytes_of(table));
  return whole.finish();
}

Task<Result<ImageTrailer>> read_trailer(File& file, const ImageHeader& header, std::uint64_t file_bytes) {
  const std::uint64_t smallest = kChunksOffset + kSectorBytes + sizeof(ImageTrailer);
  if (file_bytes < smallest)
    co_return image_damaged(
        fmt::format("the file has {} bytes, the smallest image has {}: it was cut at offset {}", file_bytes, smallest, file_bytes));
  ImageTrailer trailer;
  CO_TRY(co_await read_fully(file, file_bytes - sizeof(trailer), std::as_writable_bytes(std::span(&trailer, 1))));
  CO_TRY(check_image_trailer(trailer, header, file_bytes));
  co_return trailer;
}

Task<Result<TableOfContents>> read_toc(File& file, const ImageHeader& header, const ImageTrailer& trailer) {
  std::vector<std::byte> bytes(trailer.toc_bytes);  // bounded by the file's size
  CO_TRY(co_await read_fully(file, trailer.toc_offset, bytes));
  if (const Digest table = digest_of(bytes); table != trailer.toc) {
    co_return image_damaged(fmt::format("the table of contents at offset {} is damaged: the digest of its {} bytes is {}, expected {}",
                                        trailer.toc_offset, bytes.size(), to_hex(table), to_hex(trailer.toc)));
  }
  CO_ASSIGN_OR_RETURN(TableOfContents toc, TableOfContents::decode(bytes, trailer.toc_offset));
  if (const Digest whole = digest_of_whole(header, toc, trailer.toc); whole != trailer.whole) {
    co_return image_damaged(
        fmt::format("header, chunks and the table of contents at offset {} are not of one image: their digest is {}, expected {}",
                    trailer.toc_offset, to_hex(whole), to_hex(trailer.whole)));
  }
  co_return toc;
}

Task<Result<kj::Own<ImageReader>>> open_unnamed(kj::Own<File> file) {
  CO_ASSIGN_OR_RETURN(const std::uint64_t file_bytes, co_await file->size());
  ImageHeader header;
  CO_TRY(co_await read_fully(*file, 0, std::as_writable_bytes(std::span(&header, 1))));
  CO_TRY(check_image_header(header));
  CO_ASSIGN_OR_RETURN(const ImageTrailer trailer, co_await read_trailer(*file, header, file_bytes));
  CO_ASSIGN_OR_RETURN(TableOfContents toc, co_await read_toc(*file, header, trailer));
  co_return kj::heap<ImageReader>(kj::mv(file), header, trailer, std::move(toc));
}

}  // namespace

Task<Result<ImageHeader>> read_image_header(File& file) {
  ImageHeader header;
  Result<void> outcome = co_await read_fully(file, 0, std::as_writable_bytes(std::span(&header, 1)));
  if (outcome) outcome = check_image_header(header);
  if (!outcome) co_return fail(outcome.error().within(reading(file)));
  co_return header;
}

Task<Result<kj::Own<ImageReader>>> ImageReader::open(kj::Own<File> file) {
  const std::string doing = reading(*file);
  Result<kj::Own<ImageReader>> opened = co_await open_unnamed(kj::mv(file));
  if (!opened) co_return fail(opened.error().within(doing));
  co_return opened;
}

ImageReader::ImageReader(kj::Own<File> file, const ImageHeader& header, const ImageTrailer& trailer, TableOfContents toc)
    : file_(kj::mv(file)), header_(header), trailer_(trailer), toc_(std::move(toc)) {}

ImagePoint ImageReader::point() const {
  return ImagePoint{.namespace_id = header_.namespace_id,
                    .lineage = header_.lineage,
                    .position = {TxId{header_.txid}, Epoch{header_.epoch}, header_.log_digest},
                    .configuration = std::string(as_text(Bytes(header_.configuration).first(header_.configuration_bytes))),
                    .schema = toc_.schema};
}

Task<Result<std::size_t>> ImageReader::read_chunk(std::size_t index, AlignedBuffer& buffer, const GiveWay& give_way) {
  const ChunkEntry& entry = toc_.chunks.at(index);
  const std::size_t bytes = chunk_file_bytes(entry.stored_bytes);
  if (buffer.capacity() < bytes) buffer = AlignedBuffer(bytes);
  const std::size_t piece_max = give_way ? kGiveWayBytes : bytes;
  std::size_t done = 0;
  while (done < bytes) {
    if (give_way) co_await give_way();
    const std::size_t piece = std::min(piece_max, bytes - done);
    Result<std::size_t> read = co_await file_->read(entry.offset + done, buffer.span(done, piece));
    if (!read) co_return fail(named(read.error()));
    done += *read;
    if (*read < piece) break;
  }
  co_return done;
}

Result<Bytes> ImageReader::decode(std::size_t index, Bytes stored, ChunkDecoder& decoder) const {
  const SectionEntry& section = toc_.section_of(index);
  const auto sequence = static_cast<std::uint32_t>(index - section.first_chunk);
  Result<Bytes> raw = decoder.decode(stored, toc_.chunks.at(index), section, sequence, TxId{header_.txid});
  if (!raw) return fail(named(raw.error()));
  return raw;
}

Error ImageReader::named(const Error& error) const {
  return error.within(reading(*file_));
}

}  // namespace varve
