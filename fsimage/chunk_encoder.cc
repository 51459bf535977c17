#include <zstd.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

#include "base/check.h"
#include "base/digest.h"
#include "fsimage/chunk_codec.h"

namespace varve {
namespace {

constexpr int kZstdLevel = 1;

// Zeros behind the payload up to a sector, and the digest of both.
void pad_and_digest(Chunk& chunk) {
  const std::size_t end = sizeof(ChunkHeader) + chunk.header.stored_bytes;
  const std::size_t padded = chunk_file_bytes(chunk.header.stored_bytes);
  if (chunk.buffer.capacity() < padded) {
    AlignedBuffer larger(padded);
    std::memcpy(larger.data(), chunk.buffer.data(), end);
    chunk.buffer = std::move(larger);
  }
  std::memset(chunk.buffer.data() + end, 0, padded - end);
  chunk.header.payload = digest_of(chunk.file_bytes().subspan(sizeof(ChunkHeader)));
}

}  // namespace

ChunkEncoder::ChunkEncoder() = default;
ChunkEncoder::~ChunkEncoder() = default;
void ChunkEncoder::Free::operator()(ZSTD_CCtx_s* context) const {
  ZSTD_freeCCtx(context);
}

Chunk ChunkEncoder::encode(ChunkBuilder& builder, bool compress) {
  CHECK(builder.records() > 0);
  Chunk chunk;
  chunk.header.records = builder.records();
  chunk.header.raw_bytes = builder.raw_bytes();
  chunk.header.stored_bytes = builder.raw_bytes();
  chunk.buffer = builder.release();
  if (compress) try_compress(chunk);
  pad_and_digest(chunk);
  return chunk;
}

void ChunkEncoder::shrink_to(std::size_t bytes) {
  if (spare_.capacity() > bytes) spare_ = AlignedBuffer();
}

bool ChunkEncoder::try_compress(Chunk& chunk) {
  if (!context_) context_.reset(ZSTD_createCCtx());
  if (!context_) throw std::bad_alloc();
  const std::size_t bound = ZSTD_compressBound(chunk.header.raw_bytes);
  // As large as the records' buffer at least: the two change places.
  const std::size_t capacity = std::max(sizeof(ChunkHeader) + bound + kSectorBytes, chunk.buffer.capacity());
  if (spare_.capacity() < capacity) spare_ = AlignedBuffer(capacity);
  const std::size_t stored = ZSTD_compressCCtx(context_.get(), spare_.data() + sizeof(ChunkHeader), bound,
                                               chunk.buffer.data() + sizeof(ChunkHeader), chunk.header.raw_bytes, kZstdLevel);
  CHECK(!ZSTD_isError(stored), ZSTD_getErrorName(stored));
  if (stored >= chunk.header.raw_bytes) return false;
  std::swap(chunk.buffer, spare_);
  chunk.header.codec = static_cast<std::uint8_t>(ChunkCodec::kZstd);
  chunk.header.stored_bytes = stored;
  return true;
}

}  // namespace varve
