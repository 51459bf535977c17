// The fixed parts of an image file. See docs/formats.md.
//
//   0        ImageHeader                one page
//   4096     chunks                     each a ChunkHeader, a payload, and zeros up to a whole sector
//   ...      table of contents          whole sectors; table_of_contents.h
//   last     ImageTrailer               one sector
//
// A chunk's payload, before compression, is a sequence of records, each
//     u32 length, u32 zero, the bytes, zeros up to a multiple of 8
// so a record is 8-byte aligned when its chunk is. The digest of the whole is that of the header's digest, every chunk header's in
// order, and the table's: one pass over the bytes proves all of them. Nothing in the file depends on the clock, the machine or threads.
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"
#include "varve/error.h"
#include "varve/types.h"

namespace varve {

inline constexpr std::array<char, 8> kImageMagic = {'V', 'A', 'R', 'V', 'E', 'I', 'M', 'G'};
inline constexpr std::array<char, 8> kImageTrailerMagic = {'V', 'A', 'R', 'V', 'E', 'F', 'I', 'N'};
inline constexpr std::uint32_t kChunkMagic = 0x4b4e4843;  // "CHNK"
inline constexpr std::uint32_t kImageLayout = 1;
inline constexpr std::size_t kImageConfigurationBytesMax = 3072;
inline constexpr std::uint64_t kChunksOffset = kPageBytes;

// Chunks are cut at a size of 1 .. this; the record that reaches it may be as large as a u32 says.
inline constexpr std::uint64_t kChunkBytesMax = 64u << 20;
inline constexpr std::uint64_t kRecordBytesMax = UINT32_MAX;
constexpr std::uint64_t record_space(std::uint64_t bytes) {
  return 8 + round_up(bytes, 8);
}
inline constexpr std::uint64_t kRawBytesMax = kChunkBytesMax + record_space(kRecordBytesMax);

struct ImageHeader {
  std::array<char, 8> magic = kImageMagic;
  std::uint32_t layout = kImageLayout;
  std::uint32_t chunks_offset = kChunksOffset;
  Uuid namespace_id;
  std::uint64_t lineage = 0;
  std::uint64_t txid = 0;
  std::uint64_t epoch = 0;
  Digest log_digest;              // of the frame that ends at txid
  std::uint64_t chunk_bytes = 0;  // where chunks were cut
  std::uint32_t configuration_bytes = 0;
  std::uint32_t reserved = 0;
  std::array<std::byte, kImageConfigurationBytesMax> configuration{};
  std::array<std::byte, 920> zeros{};
  Digest self;  // of the 4080 bytes before

  Digest compute_self() const;
};
static_assert(sizeof(ImageHeader) == kPageBytes);
static_assert(offsetof(ImageHeader, configuration) == 88);

enum class ChunkCodec : std::uint8_t { kNone = 0, kZstd = 1 };

struct ChunkHeader {
  std::uint32_t magic = kChunkMagic;
  std::uint16_t layout = kImageLayout;
  std::uint8_t codec = 0;
  std::uint8_t reserved = 0;
  std::uint32_t section = 0;   // id
  std::uint32_t sequence = 0;  // within the section, from 0
  std::uint32_t records = 0;   // >= 1
  std::uint32_t reserved2 = 0;
  std::uint64_t raw_bytes = 0;     // of the records
  std::uint64_t stored_bytes = 0;  // of the payload, without the padding to a sector
  std::uint64_t txid = 0;          // of the image
  Digest payload;                  // of the payload and the padding
  Digest self;                     // of the 64 bytes before

  ChunkCodec chunk_codec() const { return static_cast<ChunkCodec>(codec); }
  Digest compute_self() const;
};
static_assert(sizeof(ChunkHeader) == 80);

// Header, payload and padding of a chunk.
constexpr std::uint64_t chunk_file_bytes(std::uint64_t stored_bytes) {
  return round_up(sizeof(ChunkHeader) + stored_bytes, kSectorBytes);
}

struct ImageTrailer {
  std::array<char, 8> magic = kImageTrailerMagic;
  std::uint32_t layout = kImageLayout;
  std::uint32_t reserved = 0;
  Uuid namespace_id;
  std::uint64_t txid = 0;
  std::uint64_t toc_offset = 0;
  std::uint64_t toc_bytes = 0;  // whole sectors
  Digest toc;                   // of the table of contents
  Digest whole;                 // of header.self, every chunk header's self in order, toc
  std::array<std::byte, 408> zeros{};
  Digest self;  // of the 496 bytes before

  Digest compute_self() const;
};
static_assert(sizeof(ImageTrailer) == kSectorBytes);

// What is wrong with bytes that should be the header or trailer of an image of `file_bytes` bytes. No field is believed before `self`
// holds. Errors (their text without the file's name): kDamaged, kNewerLayout.
Result<void> check_image_header(const ImageHeader& header);
Result<void> check_image_trailer(const ImageTrailer& trailer, const ImageHeader& header, std::uint64_t file_bytes);

// kDamaged with what to do about it.
tl::unexpected<Error> image_damaged(std::string_view what);

}  // namespace varve
