// The worked example of the documentation is an image: it parses, and saving what it holds gives its very bytes.
#include <cctype>
#include <fstream>
#include <sstream>

#include "tests/fsimage/image_fixture.h"

namespace varve {
namespace {

// Of the block ```hexdump fsimage_... : lines of an offset and up to 16 bytes; "*" repeats the line before up to the next offset.
std::vector<std::byte> read_hexdump(const std::string& document, std::string_view title) {
  std::ifstream file(document);
  EXPECT_TRUE(file) << document;
  std::string line;
  while (std::getline(file, line) && !(line.starts_with("```hexdump") && line.find(title) != std::string::npos)) {
  }
  std::vector<std::byte> bytes;
  bool repeat = false;
  while (std::getline(file, line) && line != "```") {
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
  const std::vector<std::byte> bytes = read_hexdump(VARVE_SOURCE_DIR "/docs/formats-image.md", image_name(TxId{17}));
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
