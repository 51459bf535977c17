// The fixed parts of a segment file. See docs/formats.md.
//
//   0      SegmentHeader         512 bytes, written once; the same on every node
//   512    PreallocationRecord   512 bytes while in progress; zeros once finalized
//   1024   zeros up to 4096
//   4096   frames, each of whole sectors, the first a kSegmentStart
//   ...    in progress: sectors of the unwritten pattern up to the preallocated size
//          finalized: sparse index (whole sectors), then SegmentTrailer in the last sector
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "editlog/frame.h"
#include "varve/error.h"
#include "varve/types.h"

namespace varve {

inline constexpr std::array<char, 8> kSegmentMagic = {'V', 'A', 'R', 'V', 'E', 'L', 'O', 'G'};
inline constexpr std::uint32_t kSegmentLayout = 1;
inline constexpr std::uint64_t kFramesOffset = 4096;
inline constexpr std::uint64_t kPreallocationOffset = 512;

struct SegmentHeader {
  std::array<char, 8> magic = kSegmentMagic;
  std::uint32_t layout = kSegmentLayout;
  std::uint32_t frames_offset = kFramesOffset;
  Uuid namespace_id;
  std::uint64_t lineage = 0;
  std::uint64_t first_txid = 0;
  Digest previous;  // of the frame before the segment's first
  std::array<std::byte, 432> zeros{};
  Digest self;  // of the 496 bytes before

  Digest compute_self() const;
  TxId first() const { return TxId{first_txid}; }
};
static_assert(sizeof(SegmentHeader) == kSectorBytes);

SegmentHeader make_segment_header(Uuid namespace_id, std::uint64_t lineage, TxId first, Digest previous);

// What the space after the last frame of a segment in progress looks like, and how far it goes.
struct PreallocationRecord {
  std::array<char, 8> magic = {'V', 'A', 'R', 'V', 'E', 'P', 'R', 'E'};
  std::uint32_t layout = kSegmentLayout;
  std::uint32_t reserved = 0;
  Uuid namespace_id;
  std::uint64_t salt = 0;        // random, of this file
  std::uint64_t file_bytes = 0;  // preallocated size, a multiple of kPageBytes
  std::array<std::byte, 448> zeros{};
  Digest self;  // of the 496 bytes before

  Digest compute_self() const;
};
static_assert(sizeof(PreallocationRecord) == kSectorBytes);

PreallocationRecord make_preallocation_record(Uuid namespace_id, std::uint64_t salt, std::uint64_t file_bytes);

// What is wrong with bytes that should be one of these (kDamaged, kForeign, kNewerLayout; `path` is for the text), or std::nullopt.
// They look at the record alone: digest, layout, namespace, fields, zeros.
std::optional<Error> check_segment_header(const SegmentHeader& header, Uuid namespace_id, const std::string& path);
std::optional<Error> check_preallocation_record(const PreallocationRecord& record, Uuid namespace_id, const std::string& path);
struct SegmentTrailer;
std::optional<Error> check_segment_trailer(const SegmentTrailer& trailer, const SegmentHeader& header, const std::string& path);

// The 8 bytes that fill, 64 times over, an unwritten sector. Never zero, and never the beginning of a frame.
std::uint64_t unwritten_word(Uuid namespace_id, std::uint64_t salt, std::uint64_t sector);
// Fills `out` (whole sectors) as the unwritten space from file offset `offset`.
void fill_unwritten(Uuid namespace_id, std::uint64_t salt, std::uint64_t offset, MutableBytes out);
// True when this one sector at `offset` was never written.
bool is_unwritten(Uuid namespace_id, std::uint64_t salt, std::uint64_t offset, Bytes sector);

// Fills whole sectors, the first of which stands at `offset`.
void fill_unwritten(Uuid namespace_id, std::uint64_t salt, std::uint64_t offset, MutableBytes sectors);

// One entry for the first frame that starts in each stretch of kIndexSpacing bytes (counted from kFramesOffset) that has one.
inline constexpr std::uint64_t kIndexSpacing = 64u << 10;
struct IndexEntry {
  std::uint64_t first_txid = 0;  // of that frame
  std::uint64_t offset = 0;      // of that frame in the file
  bool operator==(const IndexEntry&) const = default;
};
static_assert(sizeof(IndexEntry) == 16);

struct SegmentTrailer {
  std::array<char, 8> magic = {'V', 'A', 'R', 'V', 'E', 'E', 'N', 'D'};
  std::uint32_t layout = kSegmentLayout;
  std::uint32_t index_entries = 0;
  Uuid namespace_id;
  std::uint64_t lineage = 0;
  std::uint64_t first_txid = 0;
  std::uint64_t last_txid = 0;
  std::uint64_t last_epoch = 0;
  Digest last_digest;
  std::uint64_t frames = 0;
  std::uint64_t frames_end = 0;  // offset: the index starts here
  Digest index;                  // of the index with its padding to whole sectors
  std::array<std::byte, 384> zeros{};
  Digest self;  // of the 496 bytes before

  Digest compute_self() const;
};
static_assert(sizeof(SegmentTrailer) == kSectorBytes);

// Bytes of index and trailer behind `frames_end`.
constexpr std::uint64_t footer_bytes(std::uint64_t index_entries) {
  return round_up(index_entries * sizeof(IndexEntry), kSectorBytes) + sizeof(SegmentTrailer);
}
// At most how many index entries a segment with frames up to `frames_end` has.
constexpr std::uint64_t index_entries_max(std::uint64_t frames_end) {
  return frames_end <= kFramesOffset ? 0 : (frames_end - kFramesOffset + kIndexSpacing - 1) / kIndexSpacing;
}
// How far frames may reach in a file of this size so that index and trailer still fit.
constexpr std::uint64_t frames_end_max(std::uint64_t file_bytes) {
  const std::uint64_t footer = footer_bytes(index_entries_max(file_bytes));
  return file_bytes < kFramesOffset + footer ? kFramesOffset : round_down(file_bytes - footer, kSectorBytes);
}
// The size of a file that frames of this many bytes fit into.
constexpr std::uint64_t segment_file_bytes(std::uint64_t frame_bytes) {
  const std::uint64_t frames_end = kFramesOffset + frame_bytes;
  return round_up(frames_end + footer_bytes(index_entries_max(frames_end)), kPageBytes) + kPageBytes;
}
static_assert(frames_end_max(segment_file_bytes(kSectorBytes)) >= kFramesOffset + kSectorBytes);

}  // namespace varve
