// What stands in an image and where: its sections, the place and digest of every chunk, and the schema of its records.
//
//   TocHeader
//   SectionEntry      one for each section, in the order in which they were declared
//   ChunkEntry        one for each chunk, in the order of the file; a section's chunks follow each other
//   schema name, compiled schema, each with zeros up to a multiple of 8
//   zeros up to a whole sector
//
// Its digest stands in the trailer.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "fsimage/image_format.h"
#include "varve/error.h"
#include "varve/image.h"
#include "varve/state_machine.h"

namespace varve {

struct TocHeader {
  std::array<char, 8> magic = {'V', 'A', 'R', 'V', 'E', 'T', 'O', 'C'};
  std::uint32_t layout = kImageLayout;
  std::uint32_t sections = 0;
  std::uint32_t chunks = 0;
  std::uint32_t schema_name_bytes = 0;
  std::uint64_t schema_bytes = 0;
  std::uint64_t transaction_type = 0;
  std::uint64_t reserved = 0;
};
static_assert(sizeof(TocHeader) == 48);

inline constexpr std::uint32_t kSectionRequired = 1;
inline constexpr std::uint32_t kSectionCompressed = 2;
inline constexpr std::size_t kSectionNameBytesMax = 64;
inline constexpr std::uint32_t kSectionIdMax = 65535;

struct SectionEntry {
  std::uint32_t id = 0;
  std::uint32_t flags = 0;
  std::uint64_t record_type = 0;
  std::uint64_t records = 0;
  std::uint32_t first_chunk = 0;  // index into the chunk entries; of an empty section, where it would be
  std::uint32_t chunks = 0;
  std::array<char, kSectionNameBytesMax> name{};  // zeros behind it

  SectionInfo info() const;
};
static_assert(sizeof(SectionEntry) == 96);

struct ChunkEntry {
  std::uint64_t offset = 0;        // of its header in the file
  std::uint64_t stored_bytes = 0;  // as in its header
  std::uint64_t raw_bytes = 0;     // as in its header
  Digest header;                   // its header's `self`

  std::uint64_t end_offset() const { return offset + chunk_file_bytes(stored_bytes); }
};
static_assert(sizeof(ChunkEntry) == 40);

struct TableOfContents {
  std::vector<SectionEntry> sections;
  std::vector<ChunkEntry> chunks;
  SchemaInfo schema;

  // The section that the chunk at `index` belongs to.
  const SectionEntry& section_of(std::size_t index) const;

  // Whole sectors.
  std::vector<std::byte> encode() const;

  // Takes nothing on trust but that the digest of `bytes` holds. `chunks_end`: where the chunks end and the table begins.
  // Errors (their text without the file's name): kDamaged.
  static Result<TableOfContents> decode(Bytes bytes, std::uint64_t chunks_end);
};

// What is wrong with a section's declaration; an empty text when nothing.
std::string section_defect(const SectionInfo& info);
SectionEntry section_entry(const SectionInfo& info);

}  // namespace varve
