#include "fsimage/table_of_contents.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <set>

#include "base/check.h"
#include "base/result.h"

namespace varve {
namespace {

template <typename T>
void append(std::vector<std::byte>& out, const std::vector<T>& entries) {
  const Bytes bytes = std::as_bytes(std::span(entries));
  out.insert(out.end(), bytes.begin(), bytes.end());
}

void append_padded(std::vector<std::byte>& out, std::string_view text) {
  const Bytes bytes = as_bytes(text);
  out.insert(out.end(), bytes.begin(), bytes.end());
  out.resize(round_up(out.size(), 8));
}

// Reads from the front of bytes whose total was checked.
class Front {
 public:
  explicit Front(Bytes rest) : rest_(rest) {}
  template <typename T>
  void take(std::vector<T>& entries, std::size_t count) {
    entries.resize(count);
    if (count > 0) std::memcpy(entries.data(), rest_.data(), count * sizeof(T));
    rest_ = rest_.subspan(count * sizeof(T));
  }
  std::string take_padded(std::size_t bytes) {
    std::string text(as_text(rest_.first(bytes)));
    rest_ = rest_.subspan(round_up(bytes, 8));
    return text;
  }

 private:
  Bytes rest_;
};

tl::unexpected<Error> toc_damaged(std::uint64_t offset, std::string_view what) {
  return image_damaged(fmt::format("the table of contents at offset {} {}", offset, what));
}

Result<void> check_size(const TocHeader& header, std::uint64_t bytes, std::uint64_t offset) {
  const bool bounded = header.sections <= kSectionIdMax && header.schema_bytes <= bytes;
  const std::uint64_t expected =
      bounded ? round_up(sizeof(TocHeader) + header.sections * sizeof(SectionEntry) + header.chunks * sizeof(ChunkEntry) +
                             round_up(header.schema_name_bytes, 8) + round_up(header.schema_bytes, 8),
                         kSectorBytes)
              : 0;
  if (expected == bytes) return {};
  return toc_damaged(offset, fmt::format("has {} bytes, which is not what {} sections, {} chunks and a schema of {} bytes take", bytes,
                                         header.sections, header.chunks, header.schema_bytes));
}

Result<void> check_sections(const TableOfContents& toc, std::uint64_t offset) {
  std::set<std::uint32_t> ids;
  std::uint64_t next_chunk = 0;
  for (const SectionEntry& section : toc.sections) {
    if (const std::string defect = section_defect(section.info()); !defect.empty())
      return toc_damaged(offset, fmt::format("has a section whose {}", defect));
    if (!ids.insert(section.id).second) return toc_damaged(offset, fmt::format("has two sections {}", section.id));
    if (section.first_chunk != next_chunk || (section.chunks == 0) != (section.records == 0))
      return toc_damaged(offset, fmt::format("has section {} from chunk {} on, expected {}", section.id, section.first_chunk, next_chunk));
    next_chunk += section.chunks;
  }
  if (next_chunk != toc.chunks.size())
    return toc_damaged(offset, fmt::format("has {} chunks, its sections have {}", toc.chunks.size(), next_chunk));
  return {};
}

Result<void> check_chunks(const TableOfContents& toc, std::uint64_t chunks_end) {
  std::uint64_t next = kChunksOffset;
  for (const ChunkEntry& chunk : toc.chunks) {
    if (chunk.offset != next || chunk.stored_bytes == 0 || chunk.stored_bytes > chunks_end || chunk.end_offset() > chunks_end ||
        chunk.raw_bytes > kRawBytesMax) {
      return toc_damaged(chunks_end, fmt::format("places a chunk of {} stored and {} raw bytes at {}, expected at {} and to end by {}",
                                                 chunk.stored_bytes, chunk.raw_bytes, chunk.offset, next, chunks_end));
    }
    next = chunk.end_offset();
  }
  if (next != chunks_end) return toc_damaged(chunks_end, fmt::format("ends its chunks at {}, expected {}", next, chunks_end));
  return {};
}

}  // namespace

std::string section_defect(const SectionInfo& info) {
  if (info.id == 0 || info.id > kSectionIdMax) return fmt::format("id is {}, expected 1 to {}", info.id, kSectionIdMax);
  if (info.name.size() > kSectionNameBytesMax)
    return fmt::format("name has {} bytes, expected up to {}", info.name.size(), kSectionNameBytesMax);
  const bool plain =
      std::all_of(info.name.begin(), info.name.end(), [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
  return plain ? "" : fmt::format("name (of section {}) has bytes outside [a-z0-9_]", info.id);
}

SectionEntry section_entry(const SectionInfo& info) {
  CHECK(section_defect(info).empty(), section_defect(info));
  SectionEntry entry;
  entry.id = info.id;
  entry.flags = (info.required ? kSectionRequired : 0) | (info.compress ? kSectionCompressed : 0);
  entry.record_type = info.record_type;
  std::copy(info.name.begin(), info.name.end(), entry.name.begin());
  return entry;
}

SectionInfo SectionEntry::info() const {
  const auto end = std::find(name.begin(), name.end(), '\0');
  return SectionInfo{.id = id,
                     .name = std::string(name.begin(), end),
                     .record_type = record_type,
                     .required = (flags & kSectionRequired) != 0,
                     .compress = (flags & kSectionCompressed) != 0};
}

const SectionEntry& TableOfContents::section_of(std::size_t index) const {
  CHECK(index < chunks.size(), index, chunks.size());
  // The last section that begins at or before the chunk; empty ones begin where the next one does.
  auto after = std::upper_bound(sections.begin(), sections.end(), index,
                                [](std::size_t chunk, const SectionEntry& section) { return chunk < section.first_chunk; });
  return *std::prev(after);
}

std::vector<std::byte> TableOfContents::encode() const {
  TocHeader header;
  header.sections = static_cast<std::uint32_t>(sections.size());
  header.chunks = static_cast<std::uint32_t>(chunks.size());
  header.schema_name_bytes = static_cast<std::uint32_t>(schema.name.size());
  header.schema_bytes = schema.compiled.size();
  header.transaction_type = schema.transaction_type;
  std::vector<std::byte> out;
  append(out, std::vector<TocHeader>{header});
  append(out, sections);
  append(out, chunks);
  append_padded(out, schema.name);
  append_padded(out, schema.compiled);
  out.resize(round_up(out.size(), kSectorBytes));
  return out;
}

Result<TableOfContents> TableOfContents::decode(Bytes bytes, std::uint64_t chunks_end) {
  if (bytes.size() < sizeof(TocHeader)) return toc_damaged(chunks_end, fmt::format("has only {} bytes", bytes.size()));
  const auto header = load_as<TocHeader>(bytes);
  if (header.magic != TocHeader{}.magic || header.layout != kImageLayout)
    return toc_damaged(chunks_end, fmt::format("does not begin as one of layout {}", kImageLayout));
  TRY(check_size(header, bytes.size(), chunks_end));
  TableOfContents toc;
  Front front(bytes.subspan(sizeof(TocHeader)));
  front.take(toc.sections, header.sections);
  front.take(toc.chunks, header.chunks);
  toc.schema.name = front.take_padded(header.schema_name_bytes);
  toc.schema.compiled = front.take_padded(header.schema_bytes);
  toc.schema.transaction_type = header.transaction_type;
  TRY(check_sections(toc, chunks_end));
  TRY(check_chunks(toc, chunks_end));
  const std::vector<std::byte> only_form = toc.encode();
  if (!std::equal(only_form.begin(), only_form.end(), bytes.begin(), bytes.end()))
    return toc_damaged(chunks_end, "has bytes that are not zero where they must be");
  return toc;
}

}  // namespace varve
