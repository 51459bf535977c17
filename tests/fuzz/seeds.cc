#include "tests/fuzz/seeds.h"

#include <filesystem>
#include <map>

#include "base/bytes.h"
#include "base/check.h"
#include "editlog/control.h"
#include "editlog/segment_format.h"
#include "fsimage/image_format.h"
#include "fsimage/table_of_contents.h"
#include "tests/fuzz/node_seeds.h"
#include "tests/tools/observatory.h"

namespace varve::fuzz {

namespace {

namespace fs = std::filesystem;
using Seeds = std::map<std::string, std::vector<std::string>, std::less<>>;

void add_transactions(const FrameHeader& header, Bytes body, Seeds& seeds) {
  for (TransactionCursor cursor(body, header.first()); cursor.next();) {
    const std::string bytes(as_text(cursor.bytes()));
    if (header.frame_kind() == FrameKind::kData) {
      seeds["record"].push_back(bytes);
      seeds["operations"].push_back(bytes);
      continue;
    }
    seeds["control"].push_back(bytes);
    const auto start = decode_segment_start(cursor.bytes());
    if (start && header.frame_kind() == FrameKind::kSegmentStart) seeds["schema"].push_back(start->schema);
  }
}

void add_segment(const std::string& file, Seeds& seeds) {
  seeds["segment"].push_back(file);
  Bytes rest = as_bytes(file).subspan(kFramesOffset);
  while (rest.size() >= sizeof(FrameHeader)) {
    const auto header = load_as<FrameHeader>(rest);
    if (header.magic != kFrameMagic) return;
    const Bytes frame = rest.first(header.frame_bytes());
    seeds["frame"].emplace_back(as_text(frame));
    add_transactions(header, frame.subspan(sizeof(FrameHeader), header.body_bytes), seeds);
    rest = rest.subspan(header.frame_bytes());
  }
}

void add_image(const std::string& file, Seeds& seeds) {
  seeds["image"].push_back(file);
  const Bytes bytes = as_bytes(file);
  const auto trailer = load_as<ImageTrailer>(bytes.last(sizeof(ImageTrailer)));
  const Bytes table = bytes.subspan(trailer.toc_offset, trailer.toc_bytes);
  seeds["toc"].emplace_back(as_text(table));
  const auto toc = TableOfContents::decode(table, trailer.toc_offset);
  CHECK(toc.has_value(), toc.error().text());
  for (const ChunkEntry& chunk : toc->chunks)
    seeds["chunk"].emplace_back(as_text(bytes.subspan(chunk.offset, chunk_file_bytes(chunk.stored_bytes))));
}

void add_file(const fs::path& path, Seeds& seeds) {
  const std::string name = path.filename();
  const std::string bytes = testing::read_file(path);
  if (name.starts_with("edits_")) add_segment(bytes, seeds);
  if (name.starts_with("fsimage_")) add_image(bytes, seeds);
  if (name == "VERSION") seeds["version"].push_back(bytes);
  if (name == "slots") seeds["slot"] = {bytes.substr(0, bytes.size() / 2), bytes.substr(bytes.size() / 2)};
}

Seeds gather() {
  Seeds seeds;
  for (const auto& entry : fs::recursive_directory_iterator(VARVE_GOLDEN)) {
    if (entry.is_regular_file()) add_file(entry.path(), seeds);
  }
  seeds["stream"] = stream_seeds();
  seeds["node"] = node_seeds();
  seeds["answers"] = answers_seeds();
  seeds["schema"].push_back(testing::observatory_schema());
  seeds["record"].emplace_back(as_text(testing::make_full_night().bytes()));
  return seeds;
}

}  // namespace

std::vector<std::string> seeds_of(std::string_view entry_point) {
  static const Seeds seeds = gather();
  const auto found = seeds.find(entry_point);
  CHECK(found != seeds.end(), entry_point);
  return found->second;
}

}  // namespace varve::fuzz
