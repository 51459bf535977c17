#include "journal/stream_head.h"

#include <gtest/gtest.h>

#include "tests/journal/raw_messages.h"

namespace varve {
namespace {

StreamHead sound_head() {
  StreamHead head = head_of(StreamKind::kAppend, 7);
  head.payload_bytes = 1024;
  head.epoch = 3;
  head.set_position({TxId{41}, Epoch{2}, Digest{5, 6}});
  head.committed = 40;
  head.writer_end = 44;
  head.self = head.compute_self();
  return head;
}

std::optional<std::string_view> defect_of(StreamHead head) {
  head.self = head.compute_self();
  return head_defect(head);
}

TEST(StreamHead, a_sound_head_has_no_defect_and_keeps_its_position) {
  const StreamHead head = sound_head();
  EXPECT_EQ(head_defect(head), std::nullopt);
  EXPECT_EQ(head.position(), (LogPosition{TxId{41}, Epoch{2}, Digest{5, 6}}));
}

TEST(StreamHead, every_flipped_bit_is_found) {
  for (std::size_t bit = 0; bit < 8 * sizeof(StreamHead); ++bit) {
    StreamHead head = sound_head();
    reinterpret_cast<unsigned char*>(&head)[bit / 8] ^= static_cast<unsigned char>(1u << (bit % 8));
    EXPECT_TRUE(head_defect(head)) << "bit " << bit;
  }
}

TEST(StreamHead, fields_that_contradict_each_other_are_refused_though_the_digest_holds) {
  StreamHead head = sound_head();
  ++head.version;
  EXPECT_TRUE(defect_of(head));
  head = sound_head();
  head.kind = 0;
  EXPECT_TRUE(defect_of(head));
  head.kind = static_cast<std::uint16_t>(StreamKind::kFrames) + 1;
  EXPECT_TRUE(defect_of(head));
  head = sound_head();
  head.payload_bytes = 1023;
  EXPECT_TRUE(defect_of(head));
  head = sound_head();
  head.control_bytes = 1032;
  EXPECT_TRUE(defect_of(head));
  head.control_bytes = 12;
  EXPECT_TRUE(defect_of(head));
  head = sound_head();
  head.zero = 1;
  EXPECT_TRUE(defect_of(head));
}

TEST(StreamHead, a_reserved_byte_that_is_set_is_refused_though_the_digest_holds) {
  for (std::size_t i = 0; i < sound_head().zeros.size(); ++i) {
    StreamHead head = sound_head();
    head.zeros[i] = std::byte{1};
    EXPECT_TRUE(defect_of(head)) << i;
  }
}

TEST(StreamHead, every_kind_is_known) {
  for (auto kind = static_cast<std::uint16_t>(StreamKind::kOpen); kind <= static_cast<std::uint16_t>(StreamKind::kFrames); ++kind) {
    StreamHead head = sound_head();
    head.kind = kind;
    EXPECT_EQ(defect_of(head), std::nullopt) << kind;
  }
}

}  // namespace
}  // namespace varve
