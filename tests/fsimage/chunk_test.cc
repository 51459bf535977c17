// ChunkBuilder, ChunkEncoder, ChunkDecoder and ChunkRecords together: one chunk, there and back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/digest.h"
#include "fsimage/chunk_codec.h"
#include "fsimage/chunk_records.h"
#include "tests/fsimage/sample_state.h"

namespace varve {
namespace {

constexpr TxId kTxid{9};
constexpr std::uint32_t kSequence = 4;

class ChunkTest : public testing::TestWithParam<bool> {
 protected:
  Chunk encode(const std::vector<std::string>& records) {
    ChunkBuilder builder(AlignedBuffer(ChunkBuilder::buffer_bytes(kChunkBytes)), kChunkBytes);
    for (const std::string& record : records) add_record(builder, record);
    Chunk chunk = encoder_.encode(builder, GetParam());
    chunk.header.section = section_.id;
    chunk.header.sequence = kSequence;
    chunk.header.txid = kTxid.value;
    seal(chunk);
    return chunk;
  }

  static void seal(Chunk& chunk) {
    chunk.header.self = chunk.header.compute_self();
    std::memcpy(chunk.buffer.data(), &chunk.header, sizeof(ChunkHeader));
  }

  Result<Bytes> decode(Bytes stored, const ChunkHeader& header) {
    const ChunkEntry entry{
        .offset = kChunksOffset, .stored_bytes = header.stored_bytes, .raw_bytes = header.raw_bytes, .header = header.self};
    return decoder_.decode(stored, entry, section_, kSequence, kTxid);
  }

  static constexpr std::size_t kChunkBytes = 4096;
  SectionEntry section_ = section_entry({.id = 5, .name = "five"});
  ChunkEncoder encoder_;
  ChunkDecoder decoder_;
};

TEST_P(ChunkTest, gives_back_its_records) {
  for (const std::size_t size : {0u, 1u, 7u, 8u, 9u, 500u, 4000u, 70'000u}) {
    const std::vector<std::string> records = sample_records(13, size);
    const Chunk chunk = encode(records);
    EXPECT_EQ(chunk.file_bytes().size() % kSectorBytes, 0u);
    const auto raw = decode(chunk.file_bytes(), chunk.header);
    ASSERT_TRUE(raw) << raw.error().text();
    ChunkRecords view;
    ASSERT_TRUE(view.assign(*raw, chunk.header.records));
    ASSERT_EQ(view.count(), records.size());
    for (std::size_t i = 0; i < records.size(); ++i) EXPECT_EQ(as_text(view.record(i)), records[i]);
  }
}

TEST_P(ChunkTest, is_the_same_whatever_the_encoder_did_before) {
  const Chunk first = encode(sample_records(30, 80));
  for (int i = 0; i < 20; ++i) encode(sample_records(25, 100 + 40 * i, i));
  const Chunk again = encode(sample_records(30, 80));
  EXPECT_EQ(to_hex(digest_of(again.file_bytes())), to_hex(digest_of(first.file_bytes())));
}

TEST_P(ChunkTest, is_full_at_the_record_that_reaches_the_size) {
  ChunkBuilder builder(AlignedBuffer(ChunkBuilder::buffer_bytes(kChunkBytes)), kChunkBytes);
  for (int i = 0; i < 3; ++i) builder.add(1016);  // takes 1024
  EXPECT_FALSE(builder.full());
  builder.add(1016);
  EXPECT_TRUE(builder.full());
}

TEST_P(ChunkTest, each_flipped_byte_and_cut_length_is_found) {
  const Chunk chunk = encode(sample_records(10, 60));
  std::vector<std::byte> bytes(chunk.file_bytes().begin(), chunk.file_bytes().end());
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] ^= std::byte{0x10};
    EXPECT_FALSE(decode(bytes, chunk.header)) << i;
    bytes[i] ^= std::byte{0x10};
    EXPECT_FALSE(decode(Bytes(bytes).first(i), chunk.header)) << i;
  }
  EXPECT_TRUE(decode(bytes, chunk.header));
}

// Bytes behind digests that hold, as no Varve writes them: refused or read, without harm (under the sanitizers, this is the test).
TEST_P(ChunkTest, content_that_lies_does_no_harm) {
  Chunk chunk = encode(sample_records(10, 60));
  ChunkRecords view;
  for (std::size_t i = sizeof(ChunkHeader); i < chunk.file_bytes().size(); ++i) {
    for (const unsigned mask : {0x01u, 0x80u, 0xffu}) {
      chunk.buffer.data()[i] ^= static_cast<std::byte>(mask);
      chunk.header.payload = digest_of(chunk.file_bytes().subspan(sizeof(ChunkHeader)));
      seal(chunk);
      const auto raw = decode(chunk.file_bytes(), chunk.header);
      if (raw && view.assign(*raw, chunk.header.records)) {
        for (std::size_t r = 0; r < view.count(); ++r) EXPECT_LE(view.record(r).size(), raw->size());
      }
      chunk.buffer.data()[i] ^= static_cast<std::byte>(mask);
    }
  }
}

TEST_P(ChunkTest, sizes_that_lie_are_refused) {
  const Chunk good = encode(sample_records(10, 60));
  const auto decode_with = [&](auto change) {
    Chunk chunk = encode(sample_records(10, 60));
    change(chunk.header);
    seal(chunk);
    return decode(chunk.file_bytes(), chunk.header).has_value();
  };
  EXPECT_TRUE(decode_with([](ChunkHeader&) {}));
  EXPECT_FALSE(decode_with([](ChunkHeader& header) { header.raw_bytes += 8; }));
  EXPECT_FALSE(decode_with([](ChunkHeader& header) { header.raw_bytes = 1; }));
  EXPECT_FALSE(decode_with([](ChunkHeader& header) { header.codec = 2; }));
  EXPECT_FALSE(decode_with([](ChunkHeader& header) { header.codec ^= 1; }));
  EXPECT_FALSE(decode_with([](ChunkHeader& header) { ++header.sequence; }));
  EXPECT_FALSE(decode_with([](ChunkHeader& header) { ++header.txid; }));
  EXPECT_FALSE(decode_with([](ChunkHeader& header) { ++header.section; }));
}

TEST(ChunkRecords, another_count_than_there_are_is_refused) {
  const std::vector<std::byte> raw(48);  // six empty records
  ChunkRecords view;
  EXPECT_TRUE(view.assign(raw, 6));
  EXPECT_FALSE(view.assign(raw, 5));
  EXPECT_FALSE(view.assign(raw, 7));
  EXPECT_FALSE(view.assign(Bytes(raw).first(47), 6));
}

INSTANTIATE_TEST_SUITE_P(Codecs, ChunkTest, testing::Bool(), [](const auto& codec) { return codec.param ? "zstd" : "none"; });

}  // namespace
}  // namespace varve
