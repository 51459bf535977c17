// Every byte of an image flipped, every length cut: verify and load find it, and no record that was not saved is ever given out.
#include "base/digest.h"
#include "tests/fsimage/image_fixture.h"

namespace varve {
namespace {

using testing::AnyOf;
using testing::HasSubstr;

class ImageDamage : public ImageFixture {
 protected:
  ImageDamage() {
    EXPECT_TRUE(save(small_state(), 7));
    good_ = world_.disk().read_all(image_path(7));
  }

  void expect_found(const std::string& what) {
    const auto verified = verify(7);
    ASSERT_FALSE(verified) << what;
    EXPECT_EQ(verified.error().code(), ErrorCode::kDamaged) << what << ": " << verified.error().text();
    EXPECT_THAT(verified.error().text(), HasSubstr(image_path(7)));
    EXPECT_THAT(verified.error().text(), HasSubstr("offset "));
    SampleReceiver receiver;
    const auto loaded = load(receiver, 7);
    ASSERT_FALSE(loaded) << what;
    EXPECT_EQ(loaded.error().text(), verified.error().text());
  }
  void put_back() { world_.disk().write_all(image_path(7), good_); }

  // Changes the header and makes its digest hold again.
  template <typename Change>
  void forge_header(Change change) {
    auto header = load_as<ImageHeader>(good_);
    change(header);
    header.self = header.compute_self();
    world_.disk().write_at(image_path(7), 0, bytes_of(header));
  }

  std::vector<std::byte> good_;
};

TEST_F(ImageDamage, each_flipped_byte_is_found) {
  for (std::size_t offset = 0; offset < good_.size() && !HasFailure(); ++offset) {
    const auto mask = static_cast<std::byte>(1u << (offset % 8));
    world_.disk().flip_bits(image_path(7), offset, mask);
    expect_found("byte " + std::to_string(offset));
    world_.disk().flip_bits(image_path(7), offset, mask);
  }
  EXPECT_TRUE(verify(7));
}

TEST_F(ImageDamage, each_length_cut_is_found) {
  for (std::size_t length = good_.size() - 1; length > 0 && !HasFailure(); --length) {
    world_.disk().truncate_to(image_path(7), length);
    expect_found("length " + std::to_string(length));
  }
  world_.disk().truncate_to(image_path(7), 0);
  expect_found("empty");
}

TEST_F(ImageDamage, each_zeroed_sector_is_found) {
  for (std::size_t offset = 0; offset < good_.size(); offset += kSectorBytes) {
    if (all_zero(Bytes(good_).subspan(offset, kSectorBytes))) continue;
    world_.disk().zero(image_path(7), offset, kSectorBytes);
    expect_found("sector at " + std::to_string(offset));
    put_back();
  }
}

TEST_F(ImageDamage, two_swapped_chunks_are_found) {
  // The chunks of section 1 begin at 4096; the first two take the same space.
  const Bytes first = Bytes(good_).subspan(kChunksOffset, 1024);
  const auto header = load_as<ChunkHeader>(first);
  const std::uint64_t space = chunk_file_bytes(header.stored_bytes);
  const auto next = load_as<ChunkHeader>(Bytes(good_).subspan(kChunksOffset + space));
  ASSERT_EQ(chunk_file_bytes(next.stored_bytes), space);
  world_.disk().write_at(image_path(7), kChunksOffset, Bytes(good_).subspan(kChunksOffset + space, space));
  world_.disk().write_at(image_path(7), kChunksOffset + space, Bytes(good_).subspan(kChunksOffset, space));
  expect_found("swapped chunks");
}

TEST_F(ImageDamage, a_file_that_grew_is_found) {
  for (const std::size_t more : {1u, 512u, 4096u}) {
    world_.disk().write_at(image_path(7), good_.size(), std::vector<std::byte>(more));
    expect_found("grown");
    put_back();
  }
}

TEST_F(ImageDamage, parts_of_two_images_do_not_make_one) {
  ASSERT_TRUE(save(small_state(), 8));
  const std::vector<std::byte> other = world_.disk().read_all(image_path(8));
  ASSERT_EQ(other.size(), good_.size());
  for (std::size_t cut = kSectorBytes; cut < good_.size(); cut += kSectorBytes) {
    put_back();
    world_.disk().write_at(image_path(7), cut, Bytes(other).subspan(cut));
    if (world_.disk().read_all(image_path(7)) != good_) expect_found("joined at " + std::to_string(cut));
  }
}

TEST_F(ImageDamage, a_newer_layout_is_told_apart) {
  forge_header([](ImageHeader& header) { header.layout = kImageLayout + 1; });
  const auto loaded = load(7);
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code(), ErrorCode::kNewerLayout);
  EXPECT_THAT(loaded.error().text(), HasSubstr("layout 2"));
}

TEST_F(ImageDamage, header_fields_that_lie_are_found) {
  forge_header([](ImageHeader& header) { header.configuration_bytes = kImageConfigurationBytesMax + 1; });
  expect_found("configuration");
  forge_header([](ImageHeader& header) { header.chunk_bytes = 0; });
  expect_found("chunk size");
  forge_header([](ImageHeader& header) { header.chunks_offset = 512; });
  expect_found("chunks offset");
  forge_header([](ImageHeader& header) { ++header.epoch; });
  expect_found("epoch");
}

TEST_F(ImageDamage, a_damaged_image_stays_listed_and_is_warned_of) {
  for (const std::uint64_t offset : {std::uint64_t{100}, std::uint64_t{good_.size() - 5}}) {
    world_.disk().flip_bits(image_path(7), offset);
    open();
    EXPECT_EQ(listed(), std::vector<std::uint64_t>{7});
    EXPECT_FALSE(load(7));
    put_back();
  }
  EXPECT_TRUE(world_.log_contains("reading image /images/fsimage_0000000000000000007: the header at offset 0"));
}

}  // namespace
}  // namespace varve
