// Image files and their parts.
#include "base/check.h"
#include "fsimage/chunk_codec.h"
#include "fsimage/chunk_records.h"
#include "fsimage/image_reader.h"
#include "fsimage/image_verifier.h"
#include "tests/fuzz/entry_points.h"
#include "tests/fuzz/exact_bytes.h"
#include "tests/fuzz/reseal.h"
#include "tests/fuzz/the_world.h"

namespace varve::fuzz {

namespace {

bool parse_image(Bytes bytes) {
  SimWorld& world = the_world();
  const std::string directory = "/images";
  world.disk().add_directory(directory);
  world.disk().write_all(directory + "/image", bytes);
  auto opened = world.wait(world.disk().open_directory(directory));
  auto file = world.wait((*opened)->open("image", OpenMode{}));
  auto image = world.wait(ImageReader::open(kj::mv(*file)));
  if (!image) return false;
  CHECK((*image)->file_bytes() == bytes.size(), bytes.size());
  return world.wait(verify_image(**image, world.seams().workers)).has_value();
}

// The chunk, as a table of contents would name it that believes its header.
bool parse_chunk(Bytes bytes) {
  if (bytes.size() < sizeof(ChunkHeader)) return false;
  const auto header = load_as<ChunkHeader>(bytes);
  if (header.raw_bytes > (64u << 20)) return false;  // legal, but a fuzzer would do nothing else
  const ChunkEntry entry{
      .offset = kChunksOffset, .stored_bytes = header.stored_bytes, .raw_bytes = header.raw_bytes, .header = header.self};
  if (header.stored_bytes > bytes.size()) return false;  // as the table's decoder has it
  const SectionEntry section{.id = header.section};
  ChunkDecoder decoder;
  const auto raw = decoder.decode(bytes, entry, section, header.sequence, TxId{header.txid});
  if (!raw) return false;
  ChunkRecords records;
  if (!records.assign(*raw, header.records)) return false;
  CHECK(records.count() == header.records, records.count());
  for (std::size_t i = 0; i < records.count(); ++i) CHECK(records.record(i).size() <= raw->size(), i);
  return true;
}

}  // namespace

bool run_image(Bytes input) {
  ExactBytes bytes(input);
  const bool accepted = parse_image(bytes.bytes());
  reseal_image(bytes.mutable_bytes());
  parse_image(bytes.bytes());
  return accepted;
}

bool run_toc(Bytes input) {
  const ExactBytes bytes(input);
  // Where its chunks end is the reader's to say; the last entry claims to know.
  std::uint64_t chunks_end = kChunksOffset;
  if (bytes.bytes().size() >= sizeof(TocHeader)) {
    const auto header = load_as<TocHeader>(bytes.bytes());
    const std::uint64_t end =
        sizeof(TocHeader) + std::uint64_t{header.sections} * sizeof(SectionEntry) + std::uint64_t{header.chunks} * sizeof(ChunkEntry);
    if (header.chunks > 0 && end <= bytes.bytes().size()) {
      const auto last = load_as<ChunkEntry>(bytes.bytes().subspan(end - sizeof(ChunkEntry)));
      if (last.stored_bytes < (1ull << 40) && last.offset < (1ull << 40)) chunks_end = last.end_offset();
    }
  }
  const auto toc = TableOfContents::decode(bytes.bytes(), chunks_end);
  if (!toc) return false;
  const std::vector<std::byte> again = toc->encode();
  CHECK(as_text(again) == as_text(bytes.bytes()), "a table of contents has one form");
  return true;
}

bool run_chunk(Bytes input) {
  ExactBytes bytes(input);
  const bool accepted = parse_chunk(bytes.bytes());
  reseal_chunk(bytes.mutable_bytes());
  parse_chunk(bytes.bytes());
  return accepted;
}

}  // namespace varve::fuzz
