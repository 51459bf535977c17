#include "editlog/segment_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>

#include "tests/editlog/segment_fixture.h"

namespace varve {
namespace {

using testing::ElementsAreArray;
using testing::HasSubstr;

class SegmentReaderTest : public SegmentFixture {
 protected:
  ~SegmentReaderTest() noexcept override {}

  // A finalized segment with frames of these transaction sizes, one vector for each.
  std::string write_segment(const std::vector<std::vector<std::size_t>>& frames, std::uint64_t file_bytes = 16 << 20) {
    auto writer = open_segment(file_bytes);
    for (const auto& sizes : frames) append(*writer, sizes);
    header_ = writer->contents().header();
    end_ = writer->end();
    index_.assign(writer->contents().index().begin(), writer->contents().index().end());
    finalize(*writer);
    return writer->name();
  }
  ReadBack read(const std::string& name) { return read_file(name, range_of(header_, end_, std::nullopt)); }
  std::vector<std::string> first_written(std::size_t count) const {
    auto frames = written();
    frames.resize(count);
    return frames;
  }

  SegmentHeader header_;
  std::uint64_t end_ = 0;
  std::vector<IndexEntry> index_;
};

TEST_F(SegmentReaderTest, reads_what_was_written) {
  const std::string name = write_segment({{1}, {2, 3}, {0}, {5000}, {100, 100, 100}});
  const ReadBack back = read(name);
  EXPECT_EQ(back.frames, written());
  EXPECT_EQ(back.stop.kind, SegmentStop::Kind::kEnd);
  EXPECT_EQ(back.stop.offset, end_);
  EXPECT_EQ(back.stop.expected, source_.end().txid.next());
  EXPECT_EQ(back.position, source_.end());
}

TEST_F(SegmentReaderTest, reads_frames_across_blocks_and_above_them) {
  const std::size_t block = kBlockBytesMax;
  const std::string name = write_segment(
      {{block - 5000}, {10'000}, {3 * block + 77}, {block}, {block - 136}, {2 * block - 136}, {40}, {block / 2}, {block / 2, 9}});
  EXPECT_EQ(read(name).frames, written());
}

TEST_F(SegmentReaderTest, views_stay_valid_after_the_reader_is_gone) {
  const std::string name = write_segment({{700'000}, {700'000}, {300}, {2 << 20}, {400'000}, {900'000}});
  kj::Own<File> file = open(name);
  std::vector<FrameView> kept;
  {
    SegmentReader reader(*file, range_of(header_, end_, std::nullopt));
    while (true) {
      std::vector<FrameView> views = take(wait(reader.next()));
      if (views.empty()) break;
      kept.insert(kept.end(), views.begin(), views.end());
    }
  }
  ASSERT_EQ(kept.size(), written_.size());
  for (std::size_t i = 0; i < kept.size(); ++i) EXPECT_EQ(as_text(kept[i].bytes()), as_text(written_[i]->bytes()));
}

TEST_F(SegmentReaderTest, reads_ahead_by_one_block) {
  const std::string name = write_segment({{600'000}, {600'000}, {600'000}, {600'000}, {600'000}, {600'000}});
  kj::Own<File> file = open(name);
  std::vector<std::uint64_t> reads;
  world_.disk().observe([&](std::uint64_t, const SimOperation& operation) {
    if (operation.op == SimOp::kRead) reads.push_back(operation.offset);
  });
  SegmentReader reader(*file, range_of(header_, end_, std::nullopt));
  take(wait(reader.next()));
  EXPECT_THAT(reads, ElementsAreArray({kFramesOffset, kFramesOffset + kBlockBytesMax}));
}

TEST_F(SegmentReaderTest, starts_at_any_entry_of_the_index) {
  const std::string name = write_segment({{50'000}, {50'000}, {50'000}, {50'000, 1, 2}, {300'000}, {9}, {70'000}});
  ASSERT_GE(index_.size(), 4u);
  for (const IndexEntry& entry : index_) {
    SegmentRange range = range_of(header_, end_, std::nullopt);
    range.offset = entry.offset;
    range.before = {TxId{entry.first_txid - 1}, Epoch{0}, std::nullopt};
    const ReadBack back = read_file(name, range);
    EXPECT_EQ(back.stop.kind, SegmentStop::Kind::kEnd) << back.stop.text;
    const auto all = written();
    EXPECT_THAT(back.frames, ElementsAreArray(all.end() - static_cast<std::ptrdiff_t>(back.frames.size()), all.end()));
    EXPECT_EQ(reinterpret_cast<const FrameHeader*>(back.frames.front().data())->first_txid, entry.first_txid);
    EXPECT_EQ(back.position, source_.end());
  }
}

TEST_F(SegmentReaderTest, goes_on_when_the_segment_grows) {
  auto writer = open_segment(4 << 20);
  kj::Own<File> file = open(writer->name());
  SegmentReader reader(*file, range_of(writer->contents().header(), writer->end()));
  std::vector<std::string> frames = read_all(reader).frames;
  for (std::size_t size : {10u, 600'000u, 5u, 2u << 20, 1000u}) {
    append(*writer, {size});
    reader.extend(writer->end());
    const ReadBack more = read_all(reader);
    EXPECT_EQ(more.stop.kind, SegmentStop::Kind::kEnd);
    frames.insert(frames.end(), more.frames.begin(), more.frames.end());
  }
  EXPECT_EQ(frames, written());
}

TEST_F(SegmentReaderTest, keeps_reading_while_the_segment_is_finalized) {
  auto writer = open_segment(4 << 20);
  append(*writer, {900'000});
  append(*writer, {900'000});
  kj::Own<File> file = open(writer->name());
  SegmentReader reader(*file, range_of(writer->contents().header(), writer->end()));
  std::size_t frames = take(wait(reader.next())).size();
  finalize(*writer);
  frames += read_all(reader).frames.size();
  EXPECT_EQ(frames, written_.size());
}

RC_GTEST_FIXTURE_PROP(SegmentReaderTest, any_frames_are_read_back, ()) {
  source_ = FrameSource();
  const auto size =
      rc::gen::oneOf(rc::gen::inRange<std::size_t>(0, 700), rc::gen::inRange<std::size_t>(0, 300'000),
                     rc::gen::inRange<std::size_t>((1 << 20) - 1000, (1 << 20) + 1000), rc::gen::just<std::size_t>(2'500'000));
  const auto frames = *rc::gen::resize(12, rc::gen::container<std::vector<std::vector<std::size_t>>>(
                                               rc::gen::nonEmpty(rc::gen::resize(3, rc::gen::container<std::vector<std::size_t>>(size)))));
  std::uint64_t frame_bytes = 4096;  // of the first frame, and more
  for (const auto& sizes : frames) {
    std::uint64_t body = 0;
    for (std::size_t transaction : sizes) body += transaction_space(transaction);
    frame_bytes += round_up(sizeof(FrameHeader) + body, kSectorBytes);
  }
  const std::string name = write_segment(frames, segment_file_bytes(frame_bytes));
  const ReadBack back = read(name);
  RC_ASSERT(back.stop.kind == SegmentStop::Kind::kEnd);
  RC_ASSERT(back.frames == written());
  kj::Own<File> file = open(name);
  const SegmentHead head = take(wait(read_segment_head(*file, kTestNamespace)));
  const SegmentFooter footer = take(wait(read_segment_footer(*file, head)));
  RC_ASSERT(footer.index == index_);
  RC_ASSERT(footer.last() == source_.end());
}

// --- Damage: what is in front of it is given out, what is behind it never is. ---

TEST_F(SegmentReaderTest, each_flipped_byte_stops_it_before_that_frame) {
  const std::string name = write_segment({{10}, {400, 5}, {0}}, 64 * 1024);
  std::vector<std::uint64_t> ends;
  std::uint64_t end = kFramesOffset;
  for (const FramePtr& frame : written_) ends.push_back(end += frame->bytes().size());
  for (std::uint64_t offset = kFramesOffset; offset < end_; ++offset) {
    world_.disk().flip_bits(path(name), offset, std::byte{0x20});
    const ReadBack back = read(name);
    const auto good = static_cast<std::size_t>(std::ranges::upper_bound(ends, offset) - ends.begin());
    ASSERT_EQ(back.frames, first_written(good)) << "offset " << offset;
    ASSERT_EQ(back.stop.kind, SegmentStop::Kind::kDefect);
    ASSERT_EQ(back.stop.offset, good == 0 ? kFramesOffset : ends[good - 1]);
    ASSERT_EQ(back.stop.expected, written_[good]->header().first());
    const std::uint64_t in_frame = offset - back.stop.offset;
    ASSERT_EQ(back.stop.defect, in_frame < 4     ? FrameDefect::kNotAFrame
                                : in_frame < 128 ? FrameDefect::kHeaderDigest
                                                 : FrameDefect::kBodyDigest);
    ASSERT_EQ(back.stop.header.has_value(), in_frame >= 128);
    world_.disk().flip_bits(path(name), offset, std::byte{0x20});
  }
}

TEST_F(SegmentReaderTest, says_which_file_offset_and_txid) {
  const std::string name = write_segment({{10}, {20}});
  world_.disk().flip_bits(path(name), kFramesOffset + 512 + 200);
  EXPECT_THAT(read(name).stop.text,
              testing::AllOf(HasSubstr("/log/" + name), HasSubstr("txid 2"), HasSubstr("offset 4608"), HasSubstr("body's digest")));
}

TEST_F(SegmentReaderTest, each_cut_stops_it_at_the_last_whole_frame) {
  const std::string name = write_segment({{10}, {600}, {0}}, 64 * 1024);
  std::uint64_t frame_start = end_;
  std::size_t good = written_.size();
  for (std::uint64_t size = end_ - 1; size > kFramesOffset; --size) {
    if (size < frame_start) frame_start -= written_[--good]->bytes().size();
    world_.disk().truncate_to(path(name), size);
    const ReadBack back = read(name);
    ASSERT_EQ(back.frames, first_written(good)) << "size " << size;
    ASSERT_EQ(back.stop.defect, FrameDefect::kCutShort);
    ASSERT_EQ(back.stop.kind, SegmentStop::Kind::kDefect);
  }
}

TEST_F(SegmentReaderTest, cuts_inside_frames_above_a_block_are_found) {
  const std::string name = write_segment({{900'000}, {3'500'000}, {10}});
  const std::uint64_t large_start = kFramesOffset + written_[0]->bytes().size() + written_[1]->bytes().size();
  for (std::uint64_t size : {large_start + 512, large_start + 1'000'000, large_start + 2'000'000, large_start + 3'500'000}) {
    kj::Own<File> file = open(name);
    SegmentReader reader(*file, range_of(header_, end_, std::nullopt));
    const SimDiskState good = world_.disk().snapshot();
    world_.disk().truncate_to(path(name), size);
    const ReadBack back = read_all(reader);
    EXPECT_EQ(back.frames, first_written(2));
    EXPECT_EQ(back.stop.defect, FrameDefect::kCutShort);
    EXPECT_EQ(back.stop.header->self, written_[2]->header().self);
    world_.disk().restore(good);
    directory_ = take(wait(world_.disk().open_directory("/log")));
  }
}

TEST_F(SegmentReaderTest, a_flipped_byte_in_a_frame_above_a_block_is_found) {
  const std::string name = write_segment({{900'000}, {3'500'000}, {10}});
  const std::uint64_t large_start = kFramesOffset + written_[0]->bytes().size() + written_[1]->bytes().size();
  for (std::uint64_t offset : {large_start + 300, large_start + 200'000, large_start + 1'500'000, large_start + 3'400'000}) {
    world_.disk().flip_bits(path(name), offset);
    const ReadBack back = read(name);
    EXPECT_EQ(back.frames, first_written(2));
    EXPECT_EQ(back.stop.defect, FrameDefect::kBodyDigest);
    world_.disk().flip_bits(path(name), offset);
  }
}

TEST_F(SegmentReaderTest, tells_unwritten_from_zeroed_sectors) {
  auto writer = open_segment();
  append(*writer, {10});
  const SegmentRange range = range_of(writer->contents().header(), kFileBytes);
  EXPECT_EQ(read_file(writer->name(), range).stop.kind, SegmentStop::Kind::kUnwritten);
  world_.disk().zero(path(writer->name()), writer->end(), kSectorBytes);
  const ReadBack back = read_file(writer->name(), range);
  EXPECT_EQ(back.stop.kind, SegmentStop::Kind::kDefect);
  EXPECT_EQ(back.stop.defect, FrameDefect::kNotAFrame);
}

TEST_F(SegmentReaderTest, reads_a_segment_that_is_full_to_the_last_sector) {
  auto writer = open_segment();
  const SegmentRange range = range_of(writer->contents().header(), writer->end());
  EXPECT_EQ(read_file(writer->name(), range).stop.kind, SegmentStop::Kind::kEnd);
}

// --- Frames that prove themselves but do not belong where they are. ---

class MisplacedFrame : public SegmentReaderTest {
 protected:
  ~MisplacedFrame() noexcept override {}
  // The defect when `change` was done to the second frame, digests made to hold again.
  FrameDefect defect_after(void (*change)(FrameCopy&)) {
    source_ = FrameSource();
    const std::string name = write_segment({{64, 64}, {10}}, 64 * 1024);
    FrameCopy copy(written_[1]);
    change(copy);
    copy.reseal();
    world_.disk().write_at(path(name), kFramesOffset + written_[0]->bytes().size(), copy.bytes());
    const ReadBack back = read(name);
    EXPECT_EQ(back.frames.size(), 1u);
    EXPECT_EQ(back.stop.kind, SegmentStop::Kind::kDefect);
    return back.stop.defect;
  }
};

TEST_F(MisplacedFrame, is_told_by_kind) {
  EXPECT_EQ(defect_after([](FrameCopy& f) { f.header().first_txid += 1; }), FrameDefect::kChain);
  EXPECT_EQ(defect_after([](FrameCopy& f) { f.header().first_txid -= 1; }), FrameDefect::kChain);
  EXPECT_EQ(defect_after([](FrameCopy& f) { f.header().lineage += 1; }), FrameDefect::kChain);
  EXPECT_EQ(defect_after([](FrameCopy& f) { f.header().previous.low ^= 1; }), FrameDefect::kChain);
  EXPECT_EQ(defect_after([](FrameCopy& f) { f.header().epoch = 0; }), FrameDefect::kFields);
  EXPECT_EQ(defect_after([](FrameCopy& f) { f.header().layout = 2; }), FrameDefect::kNewerLayout);
  EXPECT_EQ(defect_after([](FrameCopy& f) { f.header().namespace_id = kOtherNamespace; }), FrameDefect::kForeign);
  EXPECT_EQ(defect_after([](FrameCopy& f) { f.header().body_bytes = 1 << 20; }), FrameDefect::kCutShort);
  EXPECT_EQ(defect_after([](FrameCopy& f) { f.padded_body()[0] = std::byte{65}; }), FrameDefect::kBodyForm);
  EXPECT_EQ(defect_after([](FrameCopy& f) { f.padded_body()[4] = std::byte{1}; }), FrameDefect::kBodyForm);
  EXPECT_EQ(defect_after([](FrameCopy& f) { f.padded_body().back() = std::byte{1}; }), FrameDefect::kBodyForm);
  EXPECT_EQ(defect_after([](FrameCopy& f) { f.header().transactions = 1; }), FrameDefect::kBodyForm);
  EXPECT_EQ(defect_after([](FrameCopy& f) {
              f.header().kind = static_cast<std::uint8_t>(FrameKind::kSegmentStart);
              f.header().flags = kFrameFlagRoll;
              f.header().transactions = 1;
            }),
            FrameDefect::kPlace);
}

TEST_F(MisplacedFrame, an_epoch_that_falls_breaks_the_chain) {
  source_ = FrameSource({TxId{0}, Epoch{5}, {}});
  const std::string name = write_segment({{64}}, 64 * 1024);
  FrameCopy copy(written_[1]);
  copy.header().epoch = 4;
  copy.reseal();
  world_.disk().write_at(path(name), kFramesOffset + written_[0]->bytes().size(), copy.bytes());
  EXPECT_EQ(read(name).stop.defect, FrameDefect::kChain);
}

TEST_F(MisplacedFrame, a_segment_that_does_not_begin_with_its_start_is_refused) {
  const SegmentHeader header = source_.header();
  const FramePtr data = source_.data({10});
  auto writer = take(wait(SegmentWriter::begin(prepare(), header)));
  world_.disk().write_at(path(std::string(kPreparedFile)), kFramesOffset, data->bytes());
  EXPECT_EQ(read_file(std::string(kPreparedFile), range_of(header, kFileBytes)).stop.defect, FrameDefect::kPlace);
}

TEST_F(SegmentReaderTest, a_failing_disk_is_an_error_not_a_stop) {
  const std::string name = write_segment({{10}});
  kj::Own<File> file = open(name);
  SegmentReader reader(*file, range_of(header_, end_, std::nullopt));
  world_.disk().inject({.op = SimOp::kRead});
  const auto frames = wait(reader.next());
  ASSERT_FALSE(frames);
  EXPECT_EQ(frames.error().code(), ErrorCode::kIo);
  EXPECT_FALSE(reader.stop().has_value());
  EXPECT_EQ(wait(reader.next()).error().text(), frames.error().text());
}

TEST_F(SegmentReaderTest, a_dropped_step_waits_for_its_read) {
  const std::string name = write_segment({{10}, {2 << 20}});
  kj::Own<File> file = open(name);
  world_.disk().set_latency({.read = std::chrono::milliseconds(2)});
  SegmentReader reader(*file, range_of(header_, end_, std::nullopt));
  take(wait(reader.next()));
  kj::Promise<Result<std::vector<FrameView>>> dropped = reader.next();
  world_.run_ready();
}

}  // namespace
}  // namespace varve
