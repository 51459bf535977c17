// Turns the records of a chunk into what stands in the file and back: compression, padding, digests. No I/O.
// Threads: one at a time; an encoder and a decoder keep their zstd context and memory from chunk to chunk.
// Errors:  of the decoder: kDamaged, kNewerLayout, their text with the chunk's offset but without the file's name.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/bytes.h"
#include "fsimage/chunk_builder.h"
#include "fsimage/image_format.h"
#include "fsimage/table_of_contents.h"
#include "varve/error.h"

struct ZSTD_CCtx_s;
struct ZSTD_DCtx_s;

namespace varve {

// A chunk ready for the file but for its place: the header's section, sequence, txid and own digest are its writer's.
struct Chunk {
  AlignedBuffer buffer;  // room for the header, payload, zeros up to a sector
  ChunkHeader header;

  Bytes file_bytes() const { return buffer.span(0, chunk_file_bytes(header.stored_bytes)); }
};

class ChunkEncoder {
 public:
  ChunkEncoder();
  ~ChunkEncoder();

  // Takes the records out of `builder`. Stores them as they are when compression does not make them smaller.
  Chunk encode(ChunkBuilder& builder, bool compress);
  // Gives back memory above this.
  void shrink_to(std::size_t bytes);

 private:
  bool try_compress(Chunk& chunk);

  struct Free {
    void operator()(ZSTD_CCtx_s* context) const;
  };
  std::unique_ptr<ZSTD_CCtx_s, Free> context_;
  AlignedBuffer spare_;
};

class ChunkDecoder {
 public:
  ChunkDecoder();
  ~ChunkDecoder();

  // Verifies what was read where `entry` says and gives the chunk's raw records, in `stored` itself or in memory of the decoder: valid
  // until the next call. `sequence` counts within the section. Precondition: the table's digest holds.
  Result<Bytes> decode(Bytes stored, const ChunkEntry& entry, const SectionEntry& section, std::uint32_t sequence, TxId txid);

  // Of the chunk that was decoded last.
  const ChunkHeader& header() const { return header_; }
  // Gives back memory above this.
  void shrink_to(std::size_t bytes);

 private:
  Result<Bytes> decompress(Bytes payload, std::uint64_t offset);

  struct Free {
    void operator()(ZSTD_DCtx_s* context) const;
  };
  std::unique_ptr<ZSTD_DCtx_s, Free> context_;
  AlignedBuffer raw_;
  ChunkHeader header_;
};

}  // namespace varve
