// docs/formats.md against the code: the tables' offsets and sizes, and the worked examples to the byte.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "editlog/slots.h"
#include "editlog/version_file.h"
#include "tests/editlog/segment_fixture.h"
#include "tests/support/formats_document.h"

namespace varve {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

using formats::code_block;
using formats::Row;
using formats::table;

TEST(FormatsDocument, tables_are_the_layouts_of_the_code) {
  EXPECT_THAT(
      table("FrameHeader"),
      ElementsAre(FIELD(FrameHeader, magic), FIELD(FrameHeader, layout), FIELD(FrameHeader, kind), FIELD(FrameHeader, flags),
                  FIELD(FrameHeader, transactions), FIELD(FrameHeader, reserved), FIELD(FrameHeader, body_bytes), FIELD(FrameHeader, epoch),
                  FIELD(FrameHeader, first_txid), FIELD(FrameHeader, committed), FIELD(FrameHeader, wall_us), FIELD(FrameHeader, lineage),
                  FIELD(FrameHeader, namespace_id), FIELD(FrameHeader, previous), FIELD(FrameHeader, body), FIELD(FrameHeader, self)));
  EXPECT_THAT(table("SegmentHeader"),
              ElementsAre(FIELD(SegmentHeader, magic), FIELD(SegmentHeader, layout), FIELD(SegmentHeader, frames_offset),
                          FIELD(SegmentHeader, namespace_id), FIELD(SegmentHeader, lineage), FIELD(SegmentHeader, first_txid),
                          FIELD(SegmentHeader, previous), FIELD(SegmentHeader, zeros), FIELD(SegmentHeader, self)));
  EXPECT_THAT(table("PreallocationRecord"),
              ElementsAre(FIELD(PreallocationRecord, magic), FIELD(PreallocationRecord, layout), FIELD(PreallocationRecord, reserved),
                          FIELD(PreallocationRecord, namespace_id), FIELD(PreallocationRecord, salt),
                          FIELD(PreallocationRecord, file_bytes), FIELD(PreallocationRecord, zeros), FIELD(PreallocationRecord, self)));
  EXPECT_THAT(table("IndexEntry"), ElementsAre(FIELD(IndexEntry, first_txid), FIELD(IndexEntry, offset)));
  EXPECT_THAT(table("SegmentTrailer"),
              ElementsAre(FIELD(SegmentTrailer, magic), FIELD(SegmentTrailer, layout), FIELD(SegmentTrailer, index_entries),
                          FIELD(SegmentTrailer, namespace_id), FIELD(SegmentTrailer, lineage), FIELD(SegmentTrailer, first_txid),
                          FIELD(SegmentTrailer, last_txid), FIELD(SegmentTrailer, last_epoch), FIELD(SegmentTrailer, last_digest),
                          FIELD(SegmentTrailer, frames), FIELD(SegmentTrailer, frames_end), FIELD(SegmentTrailer, index),
                          FIELD(SegmentTrailer, zeros), FIELD(SegmentTrailer, self)));
}

TEST(FormatsDocument, tables_leave_no_byte_out) {
  for (const char* heading : {"Slot", "SegmentHeader", "PreallocationRecord", "FrameHeader", "IndexEntry", "SegmentTrailer"}) {
    std::uint64_t end = 0;
    for (const Row& row : table(heading)) {
      EXPECT_EQ(row.offset, end) << heading << ", " << row.name;
      end = row.offset + row.size;
    }
    EXPECT_EQ(end, std::string(heading) == "Slot"          ? kSlotBytes
                   : std::string(heading) == "FrameHeader" ? sizeof(FrameHeader)
                   : std::string(heading) == "IndexEntry"  ? sizeof(IndexEntry)
                                                           : kSectorBytes);
  }
}

// As hexdump -C prints it.
std::string hexdump(const std::string& bytes) {
  std::string text;
  bool repeating = false;
  for (std::size_t offset = 0; offset < bytes.size(); offset += 16) {
    const std::string line = bytes.substr(offset, 16);
    if (offset > 0 && line == bytes.substr(offset - 16, 16)) {
      if (!std::exchange(repeating, true)) text += "*\n";
      continue;
    }
    repeating = false;
    text += fmt::format("{:08x} ", offset);
    for (std::size_t i = 0; i < line.size(); ++i) text += fmt::format("{} {:02x}", i == 8 ? " " : "", static_cast<unsigned char>(line[i]));
    text += "  |";
    for (char c : line) text += c >= 0x20 && c < 0x7f ? c : '.';
    text += "|\n";
  }
  return text + fmt::format("{:08x}\n", bytes.size());
}

// The bytes that such a dump shows.
std::string parse_hexdump(const std::string& text) {
  std::string bytes;
  std::string line16;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line) && line != "";) {
    if (line == "*") continue;
    const std::size_t offset = std::stoul(line.substr(0, 8), nullptr, 16);
    while (bytes.size() < offset) bytes += line16;
    line16.clear();
    for (std::size_t i = 0; i < 16 && line.size() > 58; ++i)
      line16 += static_cast<char>(std::stoul(line.substr(10 + 3 * i + i / 8, 2), nullptr, 16));
    bytes += line16;
  }
  return bytes;
}

class FormatsExample : public SegmentFixture {
 protected:
  ~FormatsExample() noexcept override {}
  FormatsExample() {
    source_ = FrameSource({TxId{0}, Epoch{1}, digest_of_new_start(kTestNamespace, 3, "")});
    header_ = source_.header();
    const FramePtr start = source_.seal(FrameKind::kSegmentStart, true, {encode(SegmentStart{.schema_name = "example"})});
    auto writer = take(wait(SegmentWriter::open_new(*directory_, prepare(), header_, {start, source_.texts({"hello", "", "world"})})));
    finalize(*writer);
    segment_ = contents_of(kName);
  }
  static SlotState slot_state(const LogPosition& mark) {
    return {.namespace_id = kTestNamespace,
            .lineage = 3,
            .disk_id = {0xd15c, 0xd15c},
            .promised = Epoch{2},
            .promised_to = {0xabcdef, 0x123456},
            .mark = mark,
            .start = {{TxId{0}, Epoch{0}, digest_of_new_start(kTestNamespace, 3, "")}, ""}};
  }
  static constexpr char kName[] = "edits_0000000000000000001-0000000000000000004";
  SegmentHeader header_;
  std::string segment_;
};

TEST_F(FormatsExample, segment_is_the_one_in_the_document) {
  EXPECT_EQ(code_block(std::string("hexdump ") + kName), hexdump(segment_)) << "docs/formats.md should show:\n" << hexdump(segment_);
}

TEST_F(FormatsExample, slot_is_the_one_in_the_document) {
  const std::string slot = encode_slot(slot_state(source_.end()), 7);
  EXPECT_EQ(code_block("hexdump slot"), hexdump(slot)) << "docs/formats.md should show:\n" << hexdump(slot);
}

TEST_F(FormatsExample, version_is_the_one_in_the_document) {
  const std::string version = encode_version({.namespace_id = kTestNamespace, .disk_id = {0xd15c, 0xd15c}, .lineage = 3});
  EXPECT_EQ(code_block("text VERSION"), version) << "docs/formats.md should show:\n" << version;
}

// What stands in the document is read like any file, without the code that wrote it.
TEST_F(FormatsExample, document_is_read_back) {
  world_.disk().write_all(path("copy"), as_bytes(parse_hexdump(code_block(std::string("hexdump ") + kName))));
  kj::Own<File> file = open("copy");
  const SegmentHead head = take(wait(read_segment_head(*file, kTestNamespace)));
  const SegmentFooter footer = take(wait(read_segment_footer(*file, head)));
  EXPECT_EQ(footer.index, std::vector<IndexEntry>({{1, kFramesOffset}}));
  SegmentReader reader(*file, range_of(head.header, footer.trailer.frames_end, std::nullopt));
  const std::vector<FrameView> frames = take(wait(reader.next()));
  ASSERT_EQ(frames.size(), 2u);
  TransactionCursor control = frames[0].transactions();
  ASSERT_TRUE(control.next());
  EXPECT_EQ(take(decode_segment_start(control.bytes())).schema_name, "example");
  std::vector<std::string> transactions;
  for (TransactionCursor cursor = frames[1].transactions(); cursor.next();) transactions.emplace_back(as_text(cursor.bytes()));
  EXPECT_THAT(transactions, ElementsAre("hello", "", "world"));
  EXPECT_EQ(take(decode_slot(as_bytes(parse_hexdump(code_block("hexdump slot"))))).state.mark, footer.last());
}

}  // namespace
}  // namespace varve
