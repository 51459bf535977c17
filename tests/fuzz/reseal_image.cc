// Of images.
#include "fsimage/table_of_contents.h"
#include "tests/fuzz/reseal.h"

namespace varve::fuzz {

namespace {

// Seals the chunks that the table names; the digest that stands for all of them.
Digest reseal_chunks(MutableBytes file, MutableBytes table, const ImageHeader& header) {
  DigestStream whole;
  whole.add(bytes_of(header.self));
  const auto toc = load_as<TocHeader>(table);
  std::uint64_t place = sizeof(TocHeader) + std::uint64_t{toc.sections} * sizeof(SectionEntry);
  for (std::uint32_t i = 0; i < toc.chunks && place + sizeof(ChunkEntry) <= table.size(); ++i, place += sizeof(ChunkEntry)) {
    auto entry = load_as<ChunkEntry>(table.subspan(place));
    if (entry.offset < file.size() && entry.stored_bytes < file.size() &&
        chunk_file_bytes(entry.stored_bytes) <= file.size() - entry.offset) {
      const MutableBytes chunk = file.subspan(entry.offset, chunk_file_bytes(entry.stored_bytes));
      reseal_chunk(chunk);
      entry.header = load_as<ChunkHeader>(chunk).self;
      store_as(table.subspan(place), entry);
    }
    whole.add(bytes_of(entry.header));
  }
  const Digest digest = digest_of(table);
  whole.add(bytes_of(digest));
  return whole.finish();
}

}  // namespace

void reseal_chunk(MutableBytes chunk) {
  if (chunk.size() < sizeof(ChunkHeader)) return;
  auto header = load_as<ChunkHeader>(chunk);
  header.payload = digest_of(chunk.subspan(sizeof(ChunkHeader)));
  header.self = header.compute_self();
  store_as(chunk, header);
}

void reseal_image(MutableBytes file) {
  if (file.size() < sizeof(ImageHeader) + sizeof(ImageTrailer)) return;
  auto header = load_as<ImageHeader>(file);
  header.self = header.compute_self();
  store_as(file, header);
  const std::uint64_t trailer_offset = file.size() - sizeof(ImageTrailer);
  auto trailer = load_as<ImageTrailer>(file.subspan(trailer_offset));
  if (trailer.toc_offset < trailer_offset && trailer_offset - trailer.toc_offset >= sizeof(TocHeader)) {
    const MutableBytes table = file.subspan(trailer.toc_offset, trailer_offset - trailer.toc_offset);
    trailer.whole = reseal_chunks(file, table, header);
    trailer.toc = digest_of(table);
  }
  trailer.self = trailer.compute_self();
  store_as(file.subspan(trailer_offset), trailer);
}

}  // namespace varve::fuzz
