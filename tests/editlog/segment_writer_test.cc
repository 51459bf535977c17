#include "editlog/segment_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/editlog/segment_fixture.h"

namespace varve {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class SegmentWriterTest : public SegmentFixture {
 protected:
  ~SegmentWriterTest() noexcept override {}

  void crash() {
    world_.disk().power_off();
    world_.disk().crash(world_.random());
    directory_ = take(wait(world_.disk().open_directory("/log")));
  }
  // Reads what a segment in progress holds, from its own head.
  ReadBack scan(const std::string& name) {
    kj::Own<File> file = open(name);
    const SegmentHead head = take(wait(read_segment_head(*file, kTestNamespace)));
    SegmentReader reader(
        *file, range_of(head.header, head.file_bytes, head.preallocation ? std::optional(head.preallocation->salt) : std::nullopt));
    return read_all(reader);
  }
  // Reads what a finalized one holds, from its own footer.
  ReadBack read_finalized(const std::string& name) {
    kj::Own<File> file = open(name);
    const SegmentHead head = take(wait(read_segment_head(*file, kTestNamespace)));
    EXPECT_FALSE(head.preallocation);
    const SegmentFooter footer = take(wait(read_segment_footer(*file, head)));
    SegmentReader reader(*file, range_of(head.header, footer.trailer.frames_end, std::nullopt));
    ReadBack read = read_all(reader);
    EXPECT_EQ(read.position, footer.last());
    EXPECT_EQ(footer.trailer.frames, read.frames.size());
    return read;
  }
};

TEST_F(SegmentWriterTest, prepared_file_is_all_pattern_behind_its_head) {
  prepare();
  const std::string file = contents_of(std::string(kPreparedFile));
  ASSERT_EQ(file.size(), kFileBytes);
  EXPECT_TRUE(all_zero(as_bytes(file).first(kPreallocationOffset)));
  const auto record = load_as<PreallocationRecord>(as_bytes(file).subspan(kPreallocationOffset));
  EXPECT_FALSE(check_preallocation_record(record, kTestNamespace, "file"));
  EXPECT_EQ(record.salt, kSalt);
  EXPECT_EQ(record.file_bytes, kFileBytes);
  EXPECT_TRUE(all_zero(as_bytes(file).subspan(kPreallocationOffset + 512, kFramesOffset - kPreallocationOffset - 512)));
  for (std::uint64_t offset = kFramesOffset; offset < kFileBytes; offset += kSectorBytes)
    EXPECT_TRUE(is_unwritten(kTestNamespace, kSalt, offset, as_bytes(file).subspan(offset, kSectorBytes))) << offset;
}

TEST_F(SegmentWriterTest, prepared_content_survives_a_crash_once_its_name_does) {
  prepare(4 << 20);
  const std::string before = contents_of(std::string(kPreparedFile));
  take(wait(directory_->sync()));
  crash();
  EXPECT_EQ(contents_of(std::string(kPreparedFile)), before);
}

TEST_F(SegmentWriterTest, preparing_replaces_a_leftover) {
  prepare(kFileBytes, 1);
  prepare(kFileBytes, 2);
  EXPECT_EQ(load_as<PreallocationRecord>(as_bytes(contents_of(std::string(kPreparedFile))).subspan(kPreallocationOffset)).salt, 2u);
}

TEST_F(SegmentWriterTest, preparing_on_a_full_disk_leaves_nothing) {
  world_.disk().set_capacity(kFileBytes / 2);
  const auto prepared = wait(PreparedSegment::prepare(
      *directory_, {.name = std::string(kPreparedFile), .namespace_id = kTestNamespace, .salt = kSalt, .file_bytes = kFileBytes}));
  ASSERT_FALSE(prepared);
  EXPECT_EQ(prepared.error().code(), ErrorCode::kNoSpace);
  EXPECT_THAT(prepared.error().text(), HasSubstr("preparing a segment of 65536 bytes"));
  EXPECT_THAT(world_.disk().list("/log"), ElementsAre());
}

TEST_F(SegmentWriterTest, what_was_appended_survives_a_crash) {
  auto writer = open_segment();
  append(*writer, {100, 0, 2000});
  append_frames(*writer, {source_.data({5}), source_.epoch_start(), source_.data({6000})});
  crash();
  const ReadBack read = scan(in_progress_name(TxId{1}));
  EXPECT_EQ(read.frames, written());
  EXPECT_EQ(read.stop.kind, SegmentStop::Kind::kUnwritten);
  EXPECT_EQ(read.position, source_.end());
  EXPECT_EQ(read.stop.offset, writer->end());
}

TEST_F(SegmentWriterTest, a_batch_above_a_block_is_written_in_blocks) {
  auto writer = open_segment(8 << 20);
  std::uint64_t largest = 0;
  world_.disk().observe([&](std::uint64_t, const SimOperation& operation) {
    if (operation.op == SimOp::kWrite) largest = std::max(largest, operation.bytes);
  });
  append_frames(*writer, {source_.data({100}), source_.data({(3 << 20) + 17}), source_.data({200'000}), source_.data({900'000})});
  EXPECT_EQ(largest, kBlockBytesMax);
  crash();
  EXPECT_EQ(scan(in_progress_name(TxId{1})).frames, written());
}

TEST_F(SegmentWriterTest, finalizing_leaves_frames_index_and_trailer_alone) {
  auto writer = open_segment(8 << 20);
  for (int i = 0; i < 40; ++i) append(*writer, {10'000, 10'000});
  finalize(*writer);
  EXPECT_THAT(world_.disk().list("/log"), ElementsAre(finalized_name(TxId{1}, TxId{81})));
  EXPECT_EQ(writer->name(), finalized_name(TxId{1}, TxId{81}));
  crash();
  EXPECT_EQ(read_finalized(finalized_name(TxId{1}, TxId{81})).frames, written());
}

TEST_F(SegmentWriterTest, equal_frames_give_equal_files_whatever_the_salt_and_size) {
  auto writer = open_segment(kFileBytes, 1);
  append(*writer, {100, 200});
  append(*writer, {3000});
  finalize(*writer);
  const std::string name = writer->name();
  const std::string first = contents_of(name);

  const SegmentHeader header = FrameSource().header();
  auto copy =
      take(wait(SegmentWriter::open_new(*directory_, prepare(2 * kFileBytes, 99), header, {written_[0], written_[1], written_[2]})));
  finalize(*copy);
  EXPECT_EQ(contents_of(name), first);
}

TEST_F(SegmentWriterTest, frames_copied_from_a_reader_give_the_same_file) {
  auto writer = open_segment(8 << 20);
  for (std::size_t size : {100u, 1u << 20, 3u << 20, 5u}) append(*writer, {size, 10});
  kj::Own<File> file = open(writer->name());
  SegmentReader reader(*file, range_of(writer->contents().header(), writer->end()));
  auto copy = take(wait(SegmentWriter::begin(prepare(8 << 20, 5), writer->contents().header())));
  while (true) {
    std::vector<FrameView> frames = take(wait(reader.next()));
    if (frames.empty()) break;
    take(wait(copy->append_views(std::move(frames))));
  }
  EXPECT_EQ(copy->last(), writer->last());
  finalize(*writer);
  const std::string original = contents_of(writer->name());
  take(wait(copy->publish(*directory_)));
  finalize(*copy);
  EXPECT_EQ(contents_of(copy->name()), original);
}

TEST_F(SegmentWriterTest, publishing_replaces_the_old_file_of_that_name) {
  auto old = open_segment();
  append(*old, {9});
  auto copy = take(wait(SegmentWriter::begin(prepare(kFileBytes, 5), old->contents().header())));
  take(wait(copy->append({written_[0]})));
  EXPECT_THAT(world_.disk().list("/log"), ElementsAre(in_progress_name(TxId{1}), kPreparedFile));
  take(wait(copy->publish(*directory_)));
  EXPECT_THAT(world_.disk().list("/log"), ElementsAre(in_progress_name(TxId{1})));
  crash();
  EXPECT_EQ(scan(in_progress_name(TxId{1})).frames.size(), 1u);
}

TEST_F(SegmentWriterTest, resumes_where_it_was) {
  auto writer = open_segment();
  append(*writer, {100});
  SegmentContents contents = writer->contents();
  writer = SegmentWriter::resume(take(wait(directory_->open(writer->name(), {.write = true, .direct = true}))), writer->name(), contents,
                                 kFileBytes);
  append(*writer, {200});
  finalize(*writer);
  EXPECT_EQ(read_finalized(writer->name()).frames, written());
}

TEST_F(SegmentWriterTest, fills_its_space_and_still_finalizes_without_new_space) {
  auto writer = open_segment(4 << 20);
  while (writer->space() >= kSectorBytes)
    append(*writer, {std::min<std::uint64_t>(writer->space(), 100 * kSectorBytes) - sizeof(FrameHeader) - 8});
  EXPECT_EQ(writer->space(), 0u);
  world_.disk().observe([&](std::uint64_t, const SimOperation& operation) {
    EXPECT_TRUE(operation.op != SimOp::kWrite || operation.offset + operation.bytes <= 4u << 20);
  });
  world_.disk().set_capacity(0);
  finalize(*writer);
  EXPECT_EQ(read_finalized(writer->name()).frames, written());
}

// Every step of finalizing may be the last before the power goes: the same frames are there, and finalizing can be done again.
TEST_F(SegmentWriterTest, finalizing_can_be_done_again_after_a_crash_at_any_step) {
  auto writer = open_segment();
  append(*writer, {100, 200});
  append(*writer, {30'000});
  const SegmentContents contents = writer->contents();
  const SimDiskState good = world_.disk().snapshot();
  const std::string in_progress = writer->name();
  const std::string final_name = finalized_name(TxId{1}, contents.last().txid);
  for (std::uint64_t operations = 1; operations <= 9; ++operations)
    for (int chance = 0; chance < 100; ++chance) {
      world_.disk().restore(good);
      directory_ = take(wait(world_.disk().open_directory("/log")));
      writer = SegmentWriter::resume(take(wait(directory_->open(in_progress, {.write = true}))), in_progress, contents, kFileBytes);
      world_.disk().crash_before(world_.disk().operations() + operations);
      {
        kj::Promise<Result<void>> finalizing = writer->finalize(*directory_);
        world_.run_ready();
      }
      crash();
      if (!world_.disk().exists(path(in_progress))) {
        ASSERT_EQ(read_finalized(final_name).frames, written());
        continue;
      }
      const ReadBack read = scan(in_progress);
      ASSERT_EQ(read.frames, written()) << "crash before operation " << operations;
      // Behind the frames: unwritten, or the footer of just these frames, sector by sector.
      const std::string file = contents_of(in_progress);
      const AlignedBuffer footer = contents.footer();
      bool footer_whole = true;
      for (std::uint64_t i = 0; i < contents.footer_bytes(); i += kSectorBytes) {
        const Bytes sector = as_bytes(file).subspan(contents.end() + i, kSectorBytes);
        const bool unwritten = is_unwritten(kTestNamespace, kSalt, contents.end() + i, sector);
        ASSERT_TRUE(unwritten || as_text(sector) == as_text(footer.span(i, kSectorBytes)));
        footer_whole = footer_whole && !unwritten;
      }
      const bool record_gone = all_zero(as_bytes(file).subspan(kPreallocationOffset, kSectorBytes));
      ASSERT_TRUE(!record_gone || footer_whole) << "the record goes only when the trailer is durable";
      writer = SegmentWriter::resume(take(wait(directory_->open(in_progress, {.write = true}))), in_progress, contents, file.size());
      finalize(*writer);
      ASSERT_EQ(read_finalized(final_name).frames, written());
    }
}

TEST_F(SegmentWriterTest, an_error_is_final) {
  auto writer = open_segment();
  world_.disk().inject({.op = SimOp::kSync, .path_part = "edits_"});
  const LogPosition before = writer->last();
  const Result<void> failed = wait(writer->append({source_.data({10})}));
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code(), ErrorCode::kIo);
  EXPECT_THAT(failed.error().text(), HasSubstr("appending to edits_inprogress_0000000000000000001"));
  EXPECT_EQ(writer->last(), before) << "what may not be durable is not counted";
  EXPECT_EQ(writer->failure()->text(), failed.error().text());
  EXPECT_EQ(wait(writer->append({})).error().text(), failed.error().text());
  EXPECT_EQ(wait(writer->finalize(*directory_)).error().text(), failed.error().text());
}

TEST_F(SegmentWriterTest, an_error_in_any_operation_of_finalizing_is_reported) {
  for (std::uint64_t skip = 0;; ++skip) {
    SegmentFixture::source_ = FrameSource();
    auto writer = open_segment();
    append(*writer, {100});
    world_.disk().inject({.number = world_.disk().operations() + 1 + skip, .error = EIO});
    const Result<void> result = wait(writer->finalize(*directory_));
    world_.disk().clear_faults();
    if (result) {
      EXPECT_GE(skip, 7u);
      break;
    }
    EXPECT_EQ(result.error().code(), ErrorCode::kIo);
    EXPECT_TRUE(writer->failure().has_value());
    EXPECT_FALSE(writer->finalized());
  }
}

TEST_F(SegmentWriterTest, a_dropped_append_is_the_end_of_it) {
  auto writer = open_segment();
  world_.disk().set_latency({.write = std::chrono::milliseconds(5)});
  { kj::Promise<Result<void>> dropped = writer->append({source_.data({10})}); }
  const Result<void> next = wait(writer->append({}));
  ASSERT_FALSE(next);
  EXPECT_THAT(next.error().text(), HasSubstr("reopen the log"));
}

TEST(SegmentContents, has_one_index_entry_for_each_stretch) {
  FrameSource source;
  SegmentContents contents(source.header());
  contents.add(source.segment_start()->header());
  std::vector<IndexEntry> expected = {{1, kFramesOffset}};
  for (int i = 0; i < 400; ++i) {
    const std::uint64_t stretch = (contents.end() - kFramesOffset) / kIndexSpacing;
    if (stretch != (expected.back().offset - kFramesOffset) / kIndexSpacing)
      expected.push_back({contents.last().txid.value + 1, contents.end()});
    contents.add(source.data({static_cast<std::size_t>(i) * 601 % 200'000})->header());
    contents.check_invariants();
  }
  EXPECT_THAT(contents.index(), testing::ElementsAreArray(expected));
  EXPECT_GT(expected.size(), 100u);
}

TEST(SegmentContents, finds_the_frame_that_holds_a_txid) {
  const std::vector<IndexEntry> index = {{10, 4096}, {20, 70'000}, {21, 140'000}};
  EXPECT_EQ(find_in_index(index, TxId{10}).offset, 4096u);
  EXPECT_EQ(find_in_index(index, TxId{19}).offset, 4096u);
  EXPECT_EQ(find_in_index(index, TxId{20}).offset, 70'000u);
  EXPECT_EQ(find_in_index(index, TxId{1000}).offset, 140'000u);
}

}  // namespace
}  // namespace varve
