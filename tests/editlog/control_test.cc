#include "editlog/control.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "tests/editlog/frame_source.h"

namespace varve {
namespace {

Configuration a_configuration() {
  return {TxId{12},
          {{Uuid{1, 2}, "host-a:8485", MemberRole::kVoter},
           {Uuid{3, 4}, "", MemberRole::kLearner},
           {Uuid{5, 6}, "host-w:8485", MemberRole::kWitness}},
          2};
}
SegmentStart a_segment_start() {
  return {std::string("\0schema\0bytes", 13), 0xfeed, "rm/transaction.capnp", a_configuration()};
}
EpochStart an_epoch_start() {
  return {Uuid{7, 8}, "rm1", "host-a"};
}

TEST(Control, configurations_are_read_back) {
  EXPECT_EQ(take(decode_configuration(as_bytes(encode(a_configuration())))), a_configuration());
  EXPECT_EQ(take(decode_configuration(as_bytes(encode(Configuration{})))), Configuration{});
}
TEST(Control, segment_starts_are_read_back) {
  EXPECT_EQ(take(decode_segment_start(as_bytes(encode(a_segment_start())))), a_segment_start());
  EXPECT_EQ(take(decode_segment_start(as_bytes(encode(SegmentStart{})))), SegmentStart{});
}
TEST(Control, epoch_starts_are_read_back) {
  EXPECT_EQ(take(decode_epoch_start(as_bytes(encode(an_epoch_start())))), an_epoch_start());
  EXPECT_EQ(take(decode_epoch_start(as_bytes(encode(EpochStart{})))), EpochStart{});
}

TEST(Control, texts_keep_the_zeros_inside) {
  const EpochStart start{Uuid{7, 8}, std::string("r\0m", 3), std::string("\0", 1)};
  EXPECT_EQ(take(decode_epoch_start(as_bytes(encode(start)))), start);
}

// Three members without a field that is set take no space at all, and so would a million.
TEST(Control, a_list_of_nothing_that_claims_to_be_long_is_refused) {
  const Configuration three{.members = std::vector<Member>(3)};
  std::string bytes = encode(three);
  EXPECT_EQ(take(decode_configuration(as_bytes(bytes))), three);
  ASSERT_EQ(bytes.size(), 24u);
  const std::uint32_t count = 4u << 20;  // in the list's tag, above two bits
  std::memcpy(bytes.data() + 16, &count, sizeof(count));
  EXPECT_EQ(decode_configuration(as_bytes(bytes)).error().code(), ErrorCode::kDamaged);
}

TEST(Control, same_value_same_bytes_in_whole_words) {
  EXPECT_EQ(encode(a_segment_start()), encode(a_segment_start()));
  EXPECT_EQ(encode(a_segment_start()).size() % 8, 0u);
}

TEST(Control, bytes_need_not_be_aligned) {
  const std::string shifted = "x" + encode(a_configuration());
  EXPECT_EQ(take(decode_configuration(as_bytes(shifted).subspan(1))), a_configuration());
}

// A frame's digest finds damage; this is about bytes that somebody made: an error or another value, never a crash. Only the bytes that no
// field takes may change unseen: that is where a later version has its new fields.
template <typename Value>
void expect_changes_are_noticed(const Value& value, Result<Value> (*decode)(Bytes), int free_bytes) {
  const std::string good = encode(value);
  int unseen = 0;
  for (std::size_t i = 0; i < good.size(); ++i)
    for (int bit = 0; bit < 8; ++bit) {
      std::string changed = good;
      changed[i] = static_cast<char>(changed[i] ^ (1 << bit));
      const Result<Value> decoded = decode(as_bytes(changed));
      if (decoded) {
        unseen += *decoded == value;
      } else {
        EXPECT_EQ(decoded.error().code(), ErrorCode::kDamaged);
      }
    }
  EXPECT_EQ(unseen, 8 * free_bytes);
  for (std::size_t bytes = 0; bytes < good.size(); ++bytes) EXPECT_FALSE(decode(as_bytes(good).first(bytes))) << bytes;
  EXPECT_FALSE(decode(as_bytes(good + std::string(8, '\0'))));
}
TEST(Control, changed_bytes_are_an_error_or_another_value) {
  constexpr int kFreeInConfiguration = 4 + 3 * 6;  // behind minCopies, and behind each member's role
  expect_changes_are_noticed<Configuration>(a_configuration(), decode_configuration, kFreeInConfiguration);
  expect_changes_are_noticed<SegmentStart>(a_segment_start(), decode_segment_start, kFreeInConfiguration);
  expect_changes_are_noticed<EpochStart>(an_epoch_start(), decode_epoch_start, 0);
}

}  // namespace
}  // namespace varve
