#include "editlog/segment_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/editlog/segment_fixture.h"

namespace varve {
namespace {

class SegmentFileTest : public SegmentFixture {
 protected:
  ~SegmentFileTest() noexcept override {}

  std::string finalized_segment() {
    auto writer = open_segment();
    append(*writer, {100});
    finalize(*writer);
    return writer->name();
  }
  Result<SegmentHead> head_of(const std::string& name) {
    kj::Own<File> file = open(name);
    return wait(read_segment_head(*file, kTestNamespace));
  }
  // Head, then footer.
  Result<SegmentFooter> footer_of(const std::string& name) {
    Result<SegmentHead> head = head_of(name);
    if (!head) return fail(head.error());
    kj::Own<File> file = open(name);
    return wait(read_segment_footer(*file, *head));
  }
};

TEST_F(SegmentFileTest, head_tells_in_progress_from_finalized) {
  auto writer = open_segment();
  const SegmentHead head = take(head_of(writer->name()));
  EXPECT_EQ(head.header.first(), TxId{1});
  EXPECT_EQ(head.preallocation->salt, kSalt);
  EXPECT_EQ(head.file_bytes, kFileBytes);
  finalize(*writer);
  EXPECT_FALSE(take(head_of(writer->name())).preallocation);
}

TEST_F(SegmentFileTest, each_flipped_byte_of_a_head_is_found) {
  auto writer = open_segment();
  for (std::uint64_t offset = 0; offset < kFramesOffset; ++offset) {
    world_.disk().flip_bits(path(writer->name()), offset);
    const auto head = head_of(writer->name());
    ASSERT_FALSE(head) << offset;
    ASSERT_EQ(head.error().code(), ErrorCode::kDamaged);
    ASSERT_THAT(head.error().text(), testing::HasSubstr(path(writer->name())));
    world_.disk().flip_bits(path(writer->name()), offset);
  }
}

TEST_F(SegmentFileTest, a_head_that_is_cut_short_is_damage) {
  auto writer = open_segment();
  for (std::uint64_t size = kFramesOffset; size-- > 0;) {
    world_.disk().truncate_to(path(writer->name()), size);
    ASSERT_EQ(head_of(writer->name()).error().code(), ErrorCode::kDamaged) << size;
  }
}

TEST_F(SegmentFileTest, a_prepared_file_is_no_segment) {
  prepare();
  EXPECT_THAT(head_of(std::string(kPreparedFile)).error().text(), testing::HasSubstr("no segment header"));
}

TEST_F(SegmentFileTest, a_segment_of_another_namespace_says_so) {
  auto writer = open_segment();
  kj::Own<File> file = open(writer->name());
  EXPECT_EQ(wait(read_segment_head(*file, kOtherNamespace)).error().code(), ErrorCode::kForeign);
}

TEST_F(SegmentFileTest, each_flipped_byte_of_a_footer_is_found) {
  const std::string name = finalized_segment();
  const std::uint64_t size = world_.disk().size_of(path(name));
  ASSERT_TRUE(footer_of(name));
  for (std::uint64_t offset = size - footer_bytes(1); offset < size; ++offset) {
    world_.disk().flip_bits(path(name), offset);
    const auto footer = footer_of(name);
    ASSERT_FALSE(footer) << offset;
    ASSERT_EQ(footer.error().code(), ErrorCode::kDamaged);
    world_.disk().flip_bits(path(name), offset);
  }
}

TEST_F(SegmentFileTest, every_other_length_is_damage) {
  const std::string name = finalized_segment();
  const std::uint64_t size = world_.disk().size_of(path(name));
  const SimDiskState good = world_.disk().snapshot();
  for (std::uint64_t other = 0; other <= size + 1024; ++other) {
    if (other == size) continue;
    world_.disk().restore(good);
    directory_ = take(wait(world_.disk().open_directory("/log")));
    world_.disk().truncate_to(path(name), other);
    const auto footer = footer_of(name);
    ASSERT_FALSE(footer) << other;
    ASSERT_EQ(footer.error().code(), ErrorCode::kDamaged);
  }
}

// An index whose digest holds, but that no writer wrote.
TEST_F(SegmentFileTest, an_index_out_of_order_is_damage) {
  auto writer = open_segment(1 << 20);
  for (int i = 0; i < 5; ++i) append(*writer, {100'000});
  finalize(*writer);
  const std::string name = writer->name();
  const SegmentFooter good = take(footer_of(name));
  ASSERT_GE(good.index.size(), 4u);
  const auto code_with = [&](std::size_t entry, IndexEntry value) {
    std::vector<std::byte> padded(round_up(good.index.size() * sizeof(IndexEntry), kSectorBytes));
    auto index = good.index;
    index[entry] = value;
    std::memcpy(padded.data(), index.data(), index.size() * sizeof(IndexEntry));
    SegmentTrailer trailer = good.trailer;
    trailer.index = digest_of(padded);
    trailer.self = trailer.compute_self();
    world_.disk().write_at(path(name), trailer.frames_end, padded);
    world_.disk().write_at(path(name), trailer.frames_end + padded.size(), bytes_of(trailer));
    const auto footer = footer_of(name);
    return footer ? ErrorCode::kBusy : footer.error().code();
  };
  EXPECT_EQ(code_with(1, good.index[1]), ErrorCode::kBusy);
  EXPECT_EQ(code_with(0, {1, kFramesOffset + 512}), ErrorCode::kDamaged);
  EXPECT_EQ(code_with(1, good.index[2]), ErrorCode::kDamaged);
  EXPECT_EQ(code_with(3, {good.index[3].first_txid, good.trailer.frames_end}), ErrorCode::kDamaged);
  EXPECT_EQ(code_with(3, {good.trailer.last_txid + 1, good.index[3].offset}), ErrorCode::kDamaged);
  EXPECT_EQ(code_with(2, {good.index[2].first_txid, good.index[2].offset + 1}), ErrorCode::kDamaged);
}

}  // namespace
}  // namespace varve
