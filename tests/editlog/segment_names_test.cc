#include "editlog/segment_names.h"

#include <gtest/gtest.h>

namespace varve {
namespace {

TEST(SegmentNames, have_nineteen_digits) {
  EXPECT_EQ(finalized_name(TxId{1}, TxId{42}), "edits_0000000000000000001-0000000000000000042");
  EXPECT_EQ(in_progress_name(TxId{43}), "edits_inprogress_0000000000000000043");
}

TEST(SegmentNames, are_read_back) {
  EXPECT_EQ(parse_segment_name(finalized_name(TxId{7}, TxId{7})), (SegmentName{TxId{7}, TxId{7}}));
  EXPECT_EQ(parse_segment_name(in_progress_name(TxId{9'999'999'999'999'999'999u})), (SegmentName{TxId{9'999'999'999'999'999'999u}, {}}));
}

TEST(SegmentNames, anything_else_is_no_segment) {
  for (const char* name :
       {"", "edits_", "edits_inprogress_", "slots", "VERSION", "edits_prepared.tmp", "edits_1-2",
        "edits_0000000000000000000-0000000000000000001", "edits_0000000000000000002-0000000000000000001",
        "edits_0000000000000000001-0000000000000000002.tmp", "edits_0000000000000000001_0000000000000000002",
        "edits_+000000000000000001-0000000000000000002", "edits_0000000000000000001-000000000000000000x",
        "edits_inprogress_0000000000000000000", "edits_inprogress_00000000000000000001", "edits_inprogress_000000000000000001",
        "Edits_inprogress_0000000000000000001", "edits_inprogress_-000000000000000001"})
    EXPECT_EQ(parse_segment_name(name), std::nullopt) << name;
}

TEST(SegmentNames, each_changed_character_is_noticed) {
  for (const std::string& name : {finalized_name(TxId{100}, TxId{200}), in_progress_name(TxId{100})}) {
    const auto parsed = parse_segment_name(name);
    for (std::size_t i = 0; i < name.size(); ++i) {
      std::string changed = name;
      changed[i] = static_cast<char>(changed[i] ^ 1);
      EXPECT_NE(parse_segment_name(changed), parsed) << changed;
    }
    for (std::size_t length = 0; length < name.size(); ++length) EXPECT_EQ(parse_segment_name(name.substr(0, length)), std::nullopt);
  }
}

}  // namespace
}  // namespace varve
