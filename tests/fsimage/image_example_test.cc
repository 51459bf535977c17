// docs/formats.md against the code: the tables of an image, and its worked example, which parses, and which saving what it holds gives
// to the byte.
#include <cctype>
#include <sstream>

#include "fsimage/table_of_contents.h"
#include "tests/fsimage/image_fixture.h"
#include "tests/support/formats_document.h"

namespace varve {
namespace {

using testing::ElementsAre;

// Lines of an offset and up to 16 bytes; "*" repeats the line before up to the next offset.
std::vector<std::byte> parse_hexdump(const std::string& text) {
  std::istringstream lines(text);
  std::string line;
  std::vector<std::byte> bytes;
  bool repeat = false;
  while (std::getline(lines, line)) {
    if (line == "*") {
      repeat = true;
      continue;
    }
    std::istringstream fields(line.substr(0, line.find('|')));
    std::size_t offset = 0;
    fields >> std::hex >> offset;
    while (repeat && bytes.size() < offset) bytes.push_back(bytes[bytes.size() - 16]);
    repeat = false;
    EXPECT_EQ(bytes.size(), offset) << line;
    for (unsigned value = 0; fields >> std::hex >> value;) bytes.push_back(static_cast<std::byte>(value));
  }
  return bytes;
}

TEST(ImageDocument, tables_are_the_layouts_of_the_code) {
  EXPECT_THAT(
      formats::table("ImageHeader"),
      ElementsAre(FIELD(ImageHeader, magic), FIELD(ImageHeader, layout), FIELD(ImageHeader, chunks_offset),
                  FIELD(ImageHeader, namespace_id), FIELD(ImageHeader, lineage), FIELD(ImageHeader, txid), FIELD(ImageHeader, epoch),
                  FIELD(ImageHeader, log_digest), FIELD(ImageHeader, chunk_bytes), FIELD(ImageHeader, configuration_bytes),
                  FIELD(ImageHeader, reserved), FIELD(ImageHeader, configuration), FIELD(ImageHeader, zeros), FIELD(ImageHeader, self)));
  EXPECT_THAT(formats::table("ChunkHeader"),
              ElementsAre(FIELD(ChunkHeader, magic), FIELD(ChunkHeader, layout), FIELD(ChunkHeader, codec), FIELD(ChunkHeader, reserved),
                          FIELD(ChunkHeader, section), FIELD(ChunkHeader, sequence), FIELD(ChunkHeader, records),
                          FIELD(ChunkHeader, reserved2), FIELD(ChunkHeader, raw_bytes), FIELD(ChunkHeader, stored_bytes),
                          FIELD(ChunkHeader, txid), FIELD(ChunkHeader, payload), FIELD(ChunkHeader, self)));
  EXPECT_THAT(formats::table("TocHeader"),
              ElementsAre(FIELD(TocHeader, magic), FIELD(TocHeader, layout), FIELD(TocHeader, sections), FIELD(TocHeader, chunks),
                          FIELD(TocHeader, schema_name_bytes), FIELD(TocHeader, schema_bytes), FIELD(TocHeader, transaction_type),
                          FIELD(TocHeader, reserved)));
  EXPECT_THAT(
      formats::table("SectionEntry"),
      ElementsAre(FIELD(SectionEntry, id), FIELD(SectionEntry, flags), FIELD(SectionEntry, record_type), FIELD(SectionEntry, records),
                  FIELD(SectionEntry, first_chunk), FIELD(SectionEntry, chunks), FIELD(SectionEntry, name)));
  EXPECT_THAT(formats::table("ChunkEntry"), ElementsAre(FIELD(ChunkEntry, offset), FIELD(ChunkEntry, stored_bytes),
                                                        FIELD(ChunkEntry, raw_bytes), FIELD(ChunkEntry, header)));
  EXPECT_THAT(
      formats::table("ImageTrailer"),
      ElementsAre(FIELD(ImageTrailer, magic), FIELD(ImageTrailer, layout), FIELD(ImageTrailer, reserved), FIELD(ImageTrailer, namespace_id),
                  FIELD(ImageTrailer, txid), FIELD(ImageTrailer, toc_offset), FIELD(ImageTrailer, toc_bytes), FIELD(ImageTrailer, toc),
                  FIELD(ImageTrailer, whole), FIELD(ImageTrailer, zeros), FIELD(ImageTrailer, self)));
}

class ImageExample : public ImageFixture {
 protected:
  ImageExample() { state_.sections.push_back({{.id = 1, .name = "applications"}, {{"hello", "resource manager"}}}); }

  static ImagePoint point() {
    return {.namespace_id = kNamespace,
            .lineage = 1,
            .position = {TxId{17}, Epoch{2}, Digest{0x0706050403020100, 0x0f0e0d0c0b0a0908}},
            .configuration = "one member",
            .schema = {.compiled = "", .transaction_type = 0, .name = "example"}};
  }

  SampleState state_;
};

TEST_F(ImageExample, of_the_documentation_parses_and_is_what_a_save_gives) {
  const std::vector<std::byte> bytes = parse_hexdump(formats::code_block("hexdump " + image_name(TxId{17})));
  ASSERT_EQ(bytes.size(), 5632u);
  world_.disk().write_all(image_path(17), bytes);
  SampleReceiver receiver;
  const auto loaded = load(receiver, 17);
  ASSERT_TRUE(loaded) << loaded.error().text();
  EXPECT_EQ(receiver.records(), state_.records());
  EXPECT_EQ(loaded->point.position, point().position);
  EXPECT_EQ(loaded->point.configuration, "one member");
  ASSERT_TRUE(world_.wait(images().save(point(), [this](ImageSink& sink) { state_.declare(sink); }, {})));
  EXPECT_EQ(world_.disk().read_all(image_path(17)), bytes);
}

}  // namespace
}  // namespace varve
