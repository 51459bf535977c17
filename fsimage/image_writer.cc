#include "fsimage/image_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "base/result.h"

namespace varve {

ImageWriter::ImageWriter(File& file, const ImagePoint& point, const std::vector<SectionInfo>& sections, std::size_t chunk_bytes)
    : file_(file) {
  CHECK(point.configuration.size() <= kImageConfigurationBytesMax && chunk_bytes > 0 && chunk_bytes <= kChunkBytesMax, chunk_bytes);
  header_.namespace_id = point.namespace_id;
  header_.lineage = point.lineage;
  header_.txid = point.position.txid.value;
  header_.epoch = point.position.epoch.value;
  header_.log_digest = point.position.digest;
  header_.chunk_bytes = chunk_bytes;
  header_.configuration_bytes = static_cast<std::uint32_t>(point.configuration.size());
  std::memcpy(header_.configuration.data(), point.configuration.data(), point.configuration.size());
  header_.self = header_.compute_self();
  whole_.add(bytes_of(header_.self));
  for (const SectionInfo& section : sections) toc_.sections.push_back(section_entry(section));
  toc_.schema = point.schema;
}

Task<Result<void>> ImageWriter::write_header() {
  std::vector<Bytes> pieces{bytes_of(header_)};
  co_return co_await file_.write(0, std::move(pieces));
}

Result<void> ImageWriter::place(Placed& placed) {
  SectionEntry& section = toc_.sections.at(placed.section);
  if (toc_.chunks.size() == UINT32_MAX)
    return fail(ErrorCode::kTooLarge, fmt::format("writing {}: more than {} chunks; use larger chunks", file_.path(), UINT32_MAX));
  ChunkHeader& header = placed.chunk.header;
  header.section = section.id;
  header.sequence = section.chunks;
  header.txid = header_.txid;
  header.self = header.compute_self();
  std::memcpy(placed.chunk.buffer.data(), &header, sizeof(header));
  whole_.add(bytes_of(header.self));
  toc_.chunks.push_back({.offset = end_, .stored_bytes = header.stored_bytes, .raw_bytes = header.raw_bytes, .header = header.self});
  end_ = toc_.chunks.back().end_offset();
  section.records += header.records;
  ++section.chunks;
  return {};
}

Task<Result<void>> ImageWriter::write_chunks(std::vector<Placed>& chunks, const GiveWay& give_way) {
  const std::uint64_t offset = end_;
  std::vector<Bytes> pieces;
  for (Placed& placed : chunks) {
    const std::uint64_t place_of = end_;
    CO_TRY(place(placed));
    const Bytes bytes = placed.chunk.file_bytes();
    if (give_way) {
      CO_TRY(co_await write_in_pieces(place_of, bytes, give_way));
    } else {
      pieces.push_back(bytes);
    }
  }
  if (!pieces.empty()) CO_TRY(co_await file_.write(offset, std::move(pieces)));
  co_return co_await sync_in_steps();
}

Task<Result<void>> ImageWriter::write_in_pieces(std::uint64_t offset, Bytes bytes, const GiveWay& give_way) {
  for (std::size_t done = 0; done < bytes.size(); done += kGiveWayBytes) {
    co_await give_way();
    std::vector<Bytes> piece{bytes.subspan(done, std::min(kGiveWayBytes, bytes.size() - done))};
    CO_TRY(co_await file_.write(offset + done, std::move(piece)));
  }
  co_return ok();
}

// One sync is under way while the next step is written; a disk that cannot keep up holds the writing back.
Task<Result<void>> ImageWriter::sync_in_steps() {
  if (end_ - synced_ < kSyncStepBytes) co_return ok();
  CO_TRY(co_await finish_sync());
  synced_ = end_;
  sync_ = file_.sync().eagerlyEvaluate(nullptr);
  co_return ok();
}

Task<Result<void>> ImageWriter::finish_sync() {
  KJ_IF_MAYBE (sync, sync_) {
    Result<void> synced = co_await kj::mv(*sync);
    sync_ = nullptr;
    co_return synced;
  }
  co_return ok();
}

Task<Result<SavedImage>> ImageWriter::finish() {
  std::uint32_t first_chunk = 0;
  for (SectionEntry& section : toc_.sections) section.first_chunk = std::exchange(first_chunk, first_chunk + section.chunks);
  const std::vector<std::byte> table = toc_.encode();
  ImageTrailer trailer;
  trailer.namespace_id = header_.namespace_id;
  trailer.txid = header_.txid;
  trailer.toc_offset = end_;
  trailer.toc_bytes = table.size();
  trailer.toc = digest_of(table);
  whole_.add(bytes_of(trailer.toc));
  trailer.whole = whole_.finish();
  trailer.self = trailer.compute_self();
  std::vector<Bytes> pieces{table, bytes_of(trailer)};
  CO_TRY(co_await file_.write(end_, std::move(pieces)));
  CO_TRY(co_await finish_sync());
  CO_TRY(co_await file_.sync());
  co_return SavedImage{.txid = TxId{header_.txid}, .bytes = end_ + table.size() + sizeof(trailer), .digest = trailer.whole};
}

}  // namespace varve
