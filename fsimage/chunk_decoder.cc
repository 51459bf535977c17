#include <fmt/format.h>
#include <zstd.h>

#include <new>

#include "base/digest.h"
#include "base/result.h"
#include "fsimage/chunk_codec.h"

namespace varve {
namespace {

tl::unexpected<Error> chunk_damaged(std::uint64_t offset, std::string_view what) {
  return image_damaged(fmt::format("the chunk at offset {} {}", offset, what));
}

Result<void> check_header(const ChunkHeader& header, const ChunkEntry& entry, const SectionEntry& section, std::uint32_t sequence,
                          TxId txid) {
  if (const Digest self = header.compute_self(); self != header.self || self != entry.header) {
    return chunk_damaged(entry.offset, fmt::format("has a header whose digest is {}, says {}, and is {} in the table of contents",
                                                   to_hex(self), to_hex(header.self), to_hex(entry.header)));
  }
  if (header.magic != kChunkMagic || header.layout != kImageLayout || header.txid != txid.value || header.section != section.id ||
      header.sequence != sequence || header.raw_bytes != entry.raw_bytes || header.stored_bytes != entry.stored_bytes) {
    return chunk_damaged(
        entry.offset, fmt::format("is chunk {} of section {} at txid {} with {} bytes, expected chunk {} of section {} at txid {} with {}",
                                  header.sequence, header.section, header.txid, header.stored_bytes, sequence, section.id, txid.value,
                                  entry.stored_bytes));
  }
  return {};
}

}  // namespace

ChunkDecoder::ChunkDecoder() = default;
ChunkDecoder::~ChunkDecoder() = default;
void ChunkDecoder::Free::operator()(ZSTD_DCtx_s* context) const {
  ZSTD_freeDCtx(context);
}

Result<Bytes> ChunkDecoder::decode(Bytes stored, const ChunkEntry& entry, const SectionEntry& section, std::uint32_t sequence, TxId txid) {
  if (const std::uint64_t expected = chunk_file_bytes(entry.stored_bytes); stored.size() != expected)
    return chunk_damaged(entry.offset, fmt::format("has {} bytes before the end of the file, expected {}", stored.size(), expected));
  header_ = load_as<ChunkHeader>(stored);
  TRY(check_header(header_, entry, section, sequence, txid));
  if (const Digest payload = digest_of(stored.subspan(sizeof(ChunkHeader))); payload != header_.payload) {
    return chunk_damaged(entry.offset, fmt::format("is damaged in its {} bytes from {} on: their digest is {}, expected {}",
                                                   stored.size() - sizeof(ChunkHeader), entry.offset + sizeof(ChunkHeader), to_hex(payload),
                                                   to_hex(header_.payload)));
  }
  const Bytes payload = stored.subspan(sizeof(ChunkHeader), header_.stored_bytes);
  if (header_.chunk_codec() == ChunkCodec::kZstd) return decompress(payload, entry.offset);
  if (header_.chunk_codec() != ChunkCodec::kNone)
    return fail(ErrorCode::kNewerLayout,
                fmt::format("the chunk at offset {} has the unknown codec {}: use a newer Varve", entry.offset, header_.codec));
  if (header_.raw_bytes != header_.stored_bytes)
    return chunk_damaged(entry.offset, fmt::format("stores {} bytes as {}", header_.raw_bytes, header_.stored_bytes));
  return payload;
}

// In one call, which needs no window: what is written is bounded by raw_bytes, which was bounded before.
Result<Bytes> ChunkDecoder::decompress(Bytes payload, std::uint64_t offset) {
  if (!context_) context_.reset(ZSTD_createDCtx());
  if (!context_) throw std::bad_alloc();
  if (const auto says = ZSTD_getFrameContentSize(payload.data(), payload.size()); says != header_.raw_bytes)
    return chunk_damaged(offset, fmt::format("is compressed from {} bytes, expected {}", says, header_.raw_bytes));
  if (raw_.capacity() < header_.raw_bytes) raw_ = AlignedBuffer(header_.raw_bytes);
  const std::size_t raw = ZSTD_decompressDCtx(context_.get(), raw_.data(), header_.raw_bytes, payload.data(), payload.size());
  if (ZSTD_isError(raw)) return chunk_damaged(offset, fmt::format("does not decompress: {}", ZSTD_getErrorName(raw)));
  if (raw != header_.raw_bytes) return chunk_damaged(offset, fmt::format("decompresses to {} bytes, expected {}", raw, header_.raw_bytes));
  return Bytes(raw_.span(0, raw));
}

void ChunkDecoder::shrink_to(std::size_t bytes) {
  if (raw_.capacity() > bytes) raw_ = AlignedBuffer();
}

}  // namespace varve
