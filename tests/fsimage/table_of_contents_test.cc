#include "fsimage/table_of_contents.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/bytes.h"

namespace varve {
namespace {

TableOfContents sample_toc() {
  TableOfContents toc;
  std::uint64_t offset = kChunksOffset;
  for (const std::uint32_t chunks : {0u, 2u, 0u, 1u, 0u}) {
    SectionEntry section = section_entry({.id = static_cast<std::uint32_t>(toc.sections.size() + 1), .name = "s", .compress = true});
    section.first_chunk = static_cast<std::uint32_t>(toc.chunks.size());
    section.chunks = chunks;
    section.records = chunks * 10;
    toc.sections.push_back(section);
    for (std::uint32_t i = 0; i < chunks; ++i) {
      toc.chunks.push_back({.offset = offset, .stored_bytes = 700 + i, .raw_bytes = 800, .header = {offset, i}});
      offset = toc.chunks.back().end_offset();
    }
  }
  toc.schema = {.compiled = "compiled schema", .transaction_type = 77, .name = "rm"};
  return toc;
}

std::uint64_t end_of(const TableOfContents& toc) {
  return toc.chunks.back().end_offset();
}

TEST(TableOfContents, decodes_what_was_encoded) {
  const TableOfContents toc = sample_toc();
  const std::vector<std::byte> bytes = toc.encode();
  EXPECT_EQ(bytes.size() % kSectorBytes, 0u);
  const auto decoded = TableOfContents::decode(bytes, end_of(toc));
  ASSERT_TRUE(decoded) << decoded.error().text();
  EXPECT_EQ(decoded->encode(), bytes);
  EXPECT_EQ(decoded->schema.compiled, "compiled schema");
  EXPECT_EQ(decoded->schema.name, "rm");
  EXPECT_EQ(decoded->schema.transaction_type, 77u);
}

TEST(TableOfContents, knows_the_section_of_a_chunk) {
  const TableOfContents toc = sample_toc();
  EXPECT_EQ(toc.section_of(0).id, 2u);
  EXPECT_EQ(toc.section_of(1).id, 2u);
  EXPECT_EQ(toc.section_of(2).id, 4u);
}

TEST(TableOfContents, refuses_another_size_or_end) {
  const TableOfContents toc = sample_toc();
  std::vector<std::byte> bytes = toc.encode();
  EXPECT_FALSE(TableOfContents::decode(bytes, end_of(toc) + kSectorBytes));
  EXPECT_FALSE(TableOfContents::decode(bytes, end_of(toc) - kSectorBytes));
  for (std::size_t size = 0; size < bytes.size(); ++size) EXPECT_FALSE(TableOfContents::decode(Bytes(bytes).first(size), end_of(toc)));
  bytes.resize(bytes.size() + kSectorBytes);
  EXPECT_FALSE(TableOfContents::decode(bytes, end_of(toc)));
}

TEST(TableOfContents, has_one_form) {
  const TableOfContents toc = sample_toc();
  std::vector<std::byte> bytes = toc.encode();
  bytes.back() ^= std::byte{1};  // padding
  EXPECT_FALSE(TableOfContents::decode(bytes, end_of(toc)));
  bytes.back() ^= std::byte{1};
  bytes[offsetof(TocHeader, reserved)] ^= std::byte{1};
  EXPECT_FALSE(TableOfContents::decode(bytes, end_of(toc)));
}

// Its digest would have found these; the reader must live through them all the same (under the sanitizers, this is the test).
TEST(TableOfContents, fields_that_lie_do_no_harm) {
  const TableOfContents toc = sample_toc();
  const std::vector<std::byte> good = toc.encode();
  std::size_t refused = 0;
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (const unsigned mask : {0x01u, 0x80u, 0xffu}) {
      std::vector<std::byte> bytes = good;
      bytes[i] ^= static_cast<std::byte>(mask);
      const auto decoded = TableOfContents::decode(bytes, end_of(toc));
      if (!decoded) {
        ++refused;
        EXPECT_EQ(decoded.error().code(), ErrorCode::kDamaged);
        continue;
      }
      for (std::size_t chunk = 0; chunk < decoded->chunks.size(); ++chunk) {
        const SectionEntry& section = decoded->section_of(chunk);
        EXPECT_GE(chunk, section.first_chunk);
        EXPECT_LT(chunk, section.first_chunk + section.chunks);
        EXPECT_LE(decoded->chunks[chunk].end_offset(), end_of(toc));
      }
    }
  }
  EXPECT_GT(refused, 500u);
}

}  // namespace
}  // namespace varve
