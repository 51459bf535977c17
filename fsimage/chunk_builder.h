// Lays the records of one chunk behind the room for its header, as they will stand in the file before compression.
// Owns:      one buffer, which grows when a record does not fit.
// Threads:   one at a time.
// Invariant: sizeof(ChunkHeader) <= end <= capacity; what lies between is whole records with zero padding.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "fsimage/image_format.h"
#include "varve/image.h"

namespace varve {

class ChunkBuilder final : public RecordBuffer {
 public:
  // A buffer of this many bytes holds a chunk whose last record is of ordinary size without growing.
  static constexpr std::size_t buffer_bytes(std::size_t chunk_bytes) {
    return round_up(sizeof(ChunkHeader) + chunk_bytes + (16u << 10), kPageBytes);
  }

  ChunkBuilder(AlignedBuffer buffer, std::size_t chunk_bytes);

  std::span<std::byte> add(std::size_t bytes) override;
  bool full() const override { return raw_bytes() >= chunk_bytes_; }

  std::uint32_t records() const { return records_; }
  std::uint64_t raw_bytes() const { return end_ - sizeof(ChunkHeader); }
  // Room for the header, then the records. The builder is spent.
  AlignedBuffer release();

 private:
  void grow(std::size_t space);

  AlignedBuffer buffer_;
  std::size_t chunk_bytes_;
  std::size_t end_ = sizeof(ChunkHeader);
  std::uint32_t records_ = 0;
};

}  // namespace varve
