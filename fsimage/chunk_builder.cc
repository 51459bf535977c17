#include "fsimage/chunk_builder.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/check.h"

namespace varve {

ChunkBuilder::ChunkBuilder(AlignedBuffer buffer, std::size_t chunk_bytes) : buffer_(std::move(buffer)), chunk_bytes_(chunk_bytes) {
  CHECK(buffer_.capacity() >= buffer_bytes(chunk_bytes), buffer_.capacity(), chunk_bytes);
}

std::span<std::byte> ChunkBuilder::add(std::size_t bytes) {
  CHECK(bytes <= kRecordBytesMax, bytes);
  const std::size_t space = record_space(bytes);
  if (buffer_.capacity() - end_ < space) [[unlikely]]
    grow(space);
  std::byte* const start = buffer_.data() + end_;
  if (bytes % 8 != 0) std::memset(start + space - 8, 0, 8);
  const std::uint64_t length = bytes;  // and the zero word behind it
  std::memcpy(start, &length, sizeof(length));
  end_ += space;
  ++records_;
  return {start + sizeof(length), bytes};
}

AlignedBuffer ChunkBuilder::release() {
  end_ = sizeof(ChunkHeader);
  records_ = 0;
  return std::move(buffer_);
}

void ChunkBuilder::grow(std::size_t space) {
  AlignedBuffer larger(std::max(end_ + space + kSectorBytes, buffer_.capacity() + buffer_.capacity() / 2));
  std::memcpy(larger.data() + sizeof(ChunkHeader), buffer_.data() + sizeof(ChunkHeader), raw_bytes());
  buffer_ = std::move(larger);
}

}  // namespace varve
