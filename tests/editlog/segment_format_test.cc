#include "editlog/segment_format.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/editlog/frame_source.h"

namespace varve {
namespace {

constexpr char kPath[] = "/log/edits_1";

SegmentHeader a_header() {
  return make_segment_header(kTestNamespace, 3, TxId{10}, Digest{1, 2});
}
PreallocationRecord a_record() {
  return make_preallocation_record(kTestNamespace, 5, 64 * kPageBytes);
}
SegmentTrailer a_trailer() {
  SegmentTrailer trailer;
  trailer.index_entries = 1;
  trailer.namespace_id = kTestNamespace;
  trailer.lineage = 3;
  trailer.first_txid = 10;
  trailer.last_txid = 19;
  trailer.last_epoch = 1;
  trailer.frames = 2;
  trailer.frames_end = kFramesOffset + 2 * kSectorBytes;
  trailer.self = trailer.compute_self();
  return trailer;
}

std::optional<Error> check(const SegmentHeader& header) {
  return check_segment_header(header, kTestNamespace, kPath);
}
std::optional<Error> check(const PreallocationRecord& record) {
  return check_preallocation_record(record, kTestNamespace, kPath);
}
std::optional<Error> check(const SegmentTrailer& trailer) {
  return check_segment_trailer(trailer, a_header(), kPath);
}

template <typename Record>
void expect_each_flipped_byte_is_found(const Record& good) {
  ASSERT_FALSE(check(good));
  for (std::size_t i = 0; i < sizeof(Record); ++i) {
    Record record = good;
    reinterpret_cast<std::byte*>(&record)[i] ^= std::byte{0x10};
    const auto error = check(record);
    ASSERT_TRUE(error) << "byte " << i;
    EXPECT_EQ(error->code(), ErrorCode::kDamaged) << "byte " << i;
    EXPECT_THAT(error->text(), testing::HasSubstr(kPath));
  }
}

// A record that proves itself, with one field changed.
template <typename Record>
std::optional<ErrorCode> code_with(Record record, void (*change)(Record&)) {
  change(record);
  record.self = record.compute_self();
  const auto error = check(record);
  return error ? std::optional(error->code()) : std::nullopt;
}

TEST(SegmentFormat, each_flipped_byte_of_a_header_is_found) {
  expect_each_flipped_byte_is_found(a_header());
}
TEST(SegmentFormat, each_flipped_byte_of_a_preallocation_record_is_found) {
  expect_each_flipped_byte_is_found(a_record());
}
TEST(SegmentFormat, each_flipped_byte_of_a_trailer_is_found) {
  expect_each_flipped_byte_is_found(a_trailer());
}

TEST(SegmentFormat, newer_layouts_and_other_namespaces_say_so) {
  EXPECT_EQ(code_with<SegmentHeader>(a_header(), [](auto& r) { r.layout = 2; }), ErrorCode::kNewerLayout);
  EXPECT_EQ(code_with<PreallocationRecord>(a_record(), [](auto& r) { r.layout = 2; }), ErrorCode::kNewerLayout);
  EXPECT_EQ(code_with<SegmentTrailer>(a_trailer(), [](auto& r) { r.layout = 2; }), ErrorCode::kNewerLayout);
  EXPECT_EQ(code_with<SegmentHeader>(a_header(), [](auto& r) { r.namespace_id = kOtherNamespace; }), ErrorCode::kForeign);
  EXPECT_EQ(code_with<PreallocationRecord>(a_record(), [](auto& r) { r.namespace_id = kOtherNamespace; }), ErrorCode::kForeign);
  EXPECT_EQ(code_with<SegmentTrailer>(a_trailer(), [](auto& r) { r.namespace_id = kOtherNamespace; }), ErrorCode::kForeign);
}

TEST(SegmentFormat, contradictory_fields_are_damage) {
  EXPECT_EQ(code_with<SegmentHeader>(a_header(), [](auto& r) { r.layout = 0; }), ErrorCode::kDamaged);
  EXPECT_EQ(code_with<SegmentHeader>(a_header(), [](auto& r) { r.first_txid = 0; }), ErrorCode::kDamaged);
  EXPECT_EQ(code_with<SegmentHeader>(a_header(), [](auto& r) { r.first_txid = 10'000'000'000'000'000'000ull; }), ErrorCode::kDamaged)
      << "no name has room for it";
  EXPECT_EQ(code_with<SegmentTrailer>(a_trailer(), [](auto& r) { r.last_txid = 10'000'000'000'000'000'000ull; }), ErrorCode::kDamaged);
  EXPECT_EQ(code_with<SegmentHeader>(a_header(), [](auto& r) { r.frames_offset = 512; }), ErrorCode::kDamaged);
  EXPECT_EQ(code_with<SegmentHeader>(a_header(), [](auto& r) { r.zeros[431] = std::byte{1}; }), ErrorCode::kDamaged);
  EXPECT_EQ(code_with<PreallocationRecord>(a_record(), [](auto& r) { r.file_bytes += 512; }), ErrorCode::kDamaged);
  EXPECT_EQ(code_with<PreallocationRecord>(a_record(), [](auto& r) { r.file_bytes = kFramesOffset; }), ErrorCode::kDamaged);
  EXPECT_EQ(code_with<PreallocationRecord>(a_record(), [](auto& r) { r.reserved = 1; }), ErrorCode::kDamaged);
  EXPECT_EQ(code_with<SegmentTrailer>(a_trailer(), [](auto& r) { r.lineage = 4; }), ErrorCode::kDamaged);
  EXPECT_EQ(code_with<SegmentTrailer>(a_trailer(), [](auto& r) { r.first_txid = 9; }), ErrorCode::kDamaged);
  EXPECT_EQ(code_with<SegmentTrailer>(a_trailer(), [](auto& r) { r.last_txid = 9; }), ErrorCode::kDamaged);
  EXPECT_EQ(code_with<SegmentTrailer>(a_trailer(), [](auto& r) { r.last_epoch = 0; }), ErrorCode::kDamaged);
  EXPECT_EQ(code_with<SegmentTrailer>(a_trailer(), [](auto& r) { r.frames = 3; }), ErrorCode::kDamaged);
  EXPECT_EQ(code_with<SegmentTrailer>(a_trailer(), [](auto& r) { r.frames_end += 1; }), ErrorCode::kDamaged);
  EXPECT_EQ(code_with<SegmentTrailer>(a_trailer(), [](auto& r) { r.index_entries = 2; }), ErrorCode::kDamaged);
  EXPECT_EQ(code_with<SegmentTrailer>(a_trailer(), [](auto& r) { r.index_entries = 0; }), ErrorCode::kDamaged);
}

TEST(UnwrittenPattern, differs_in_every_sector_file_and_namespace) {
  std::set<std::uint64_t> words;
  for (std::uint64_t salt = 0; salt < 10; ++salt)
    for (std::uint64_t sector = 0; sector < 1000; ++sector) {
      words.insert(unwritten_word(kTestNamespace, salt, sector));
      words.insert(unwritten_word(kOtherNamespace, salt, sector));
    }
  EXPECT_EQ(words.size(), 20'000u);
  for (std::uint64_t word : words) {
    EXPECT_NE(word, 0u);
    EXPECT_NE(word & 0xffffffff, kFrameMagic);
  }
}

TEST(UnwrittenPattern, one_changed_byte_makes_a_sector_written) {
  std::vector<std::byte> sectors(3 * kSectorBytes);
  fill_unwritten(kTestNamespace, 9, 8192, sectors);
  for (std::size_t i = 0; i < 3; ++i)
    EXPECT_TRUE(is_unwritten(kTestNamespace, 9, 8192 + i * kSectorBytes, std::span(sectors).subspan(i * kSectorBytes, kSectorBytes)));
  EXPECT_FALSE(is_unwritten(kTestNamespace, 9, 8192, std::span(sectors).subspan(kSectorBytes, kSectorBytes)));
  EXPECT_FALSE(is_unwritten(kTestNamespace, 8, 8192, std::span(sectors).first(kSectorBytes)));
  for (std::size_t i = 0; i < kSectorBytes; ++i) {
    std::vector<std::byte> changed(sectors.begin(), sectors.begin() + kSectorBytes);
    changed[i] ^= std::byte{1};
    EXPECT_FALSE(is_unwritten(kTestNamespace, 9, 8192, changed)) << "byte " << i;
  }
}

TEST(SegmentSpace, always_leaves_room_for_the_footer) {
  for (std::uint64_t frames = kSectorBytes; frames < (3u << 30); frames += kSectorBytes + frames / 97 / kSectorBytes * kSectorBytes) {
    const std::uint64_t file_bytes = segment_file_bytes(frames);
    EXPECT_EQ(file_bytes % kPageBytes, 0u);
    ASSERT_GE(frames_end_max(file_bytes), kFramesOffset + frames);
    const std::uint64_t end = frames_end_max(file_bytes);
    ASSERT_LE(end + footer_bytes(index_entries_max(end)), file_bytes);
  }
  EXPECT_EQ(frames_end_max(kPageBytes), kFramesOffset);
}

}  // namespace
}  // namespace varve
