#include "editlog/frame_parser.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "tests/editlog/frame_source.h"

namespace varve {
namespace {

constexpr std::uint64_t kLineage = 3;

class FrameParserTest : public ::testing::Test {
 protected:
  void SetUp() override {
    frames_ = {source_.segment_start(), source_.data({5}), source_.epoch_start(), source_.data({700, 0, 9}), source_.data({100})};
    frames_.push_back(source_.seal(FrameKind::kConfiguration, false, {encode(Configuration{TxId{1}, {}, 0})}));
  }
  static std::string join(const std::vector<FramePtr>& frames) {
    std::string bytes;
    for (const FramePtr& frame : frames) bytes += as_text(frame->bytes());
    return bytes;
  }
  // In memory of exactly that size, so that a read behind it is seen.
  static Result<std::vector<FramePtr>> parse(std::string_view bytes, Uuid namespace_id = kTestNamespace, std::uint64_t lineage = kLineage) {
    std::shared_ptr<std::byte> memory(static_cast<std::byte*>(std::aligned_alloc(kSectorBytes, round_up(bytes.size() + 1, kSectorBytes))),
                                      std::free);
    if (!bytes.empty()) std::memcpy(memory.get(), bytes.data(), bytes.size());
    return parse_frames({memory.get(), bytes.size()}, memory, namespace_id, lineage, "a test");
  }
  static ErrorCode refusal_of(std::string_view bytes, Uuid namespace_id = kTestNamespace, std::uint64_t lineage = kLineage) {
    auto parsed = parse(bytes, namespace_id, lineage);
    EXPECT_FALSE(parsed);
    return parsed ? ErrorCode::kExists : parsed.error().code();
  }

  FrameSource source_;
  std::vector<FramePtr> frames_;
};

TEST_F(FrameParserTest, gives_the_frames_that_were_sent) {
  auto parsed = parse(join(frames_));
  ASSERT_TRUE(parsed) << parsed.error().text();
  ASSERT_EQ(parsed->size(), frames_.size());
  for (std::size_t i = 0; i < frames_.size(); ++i) EXPECT_EQ(as_text((*parsed)[i]->bytes()), as_text(frames_[i]->bytes())) << i;
}

TEST_F(FrameParserTest, no_bytes_are_no_frames) {
  auto parsed = parse("");
  ASSERT_TRUE(parsed);
  EXPECT_TRUE(parsed->empty());
}

TEST_F(FrameParserTest, frames_share_the_memory_and_keep_it_alive) {
  auto bytes = std::make_shared<AlignedBuffer>(1u << 20);
  const std::string text = join(frames_);
  std::memcpy(bytes->data(), text.data(), text.size());
  const std::byte* begin = bytes->data();
  std::weak_ptr<AlignedBuffer> watch = bytes;
  const Bytes all = std::as_const(*bytes).span(0, text.size());
  auto parsed = parse_frames(all, std::move(bytes), kTestNamespace, kLineage, "a test");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->front()->bytes().data(), begin);
  EXPECT_FALSE(watch.expired());
  parsed->clear();
  EXPECT_TRUE(watch.expired());
}

TEST_F(FrameParserTest, every_flipped_byte_is_found) {
  const std::string sound = join(frames_);
  for (std::size_t i = 0; i < sound.size(); ++i)
    for (const char mask : {'\x01', '\x80', '\xff'}) {
      std::string bytes = sound;
      bytes[i] = static_cast<char>(bytes[i] ^ mask);
      EXPECT_FALSE(parse(bytes)) << "byte " << i;
    }
}

TEST_F(FrameParserTest, cut_at_each_length_it_is_refused_or_gives_whole_frames) {
  const std::string sound = join(frames_);
  std::set<std::size_t> ends{0};
  for (const FramePtr& frame : frames_) ends.insert(*ends.rbegin() + frame->bytes().size());
  for (std::size_t length = 0; length < sound.size(); ++length)
    EXPECT_EQ(parse(std::string_view(sound).substr(0, length)).has_value(), ends.contains(length)) << length;
}

TEST_F(FrameParserTest, every_order_but_the_right_one_is_refused) {
  std::vector<std::size_t> order{0, 1, 2, 3};
  while (std::next_permutation(order.begin(), order.end())) {
    std::vector<FramePtr> shuffled;
    for (std::size_t i : order) shuffled.push_back(frames_[i]);
    EXPECT_EQ(refusal_of(join(shuffled)), ErrorCode::kDamaged);
  }
}

TEST_F(FrameParserTest, a_frame_that_is_left_out_or_doubled_is_found) {
  for (std::size_t i = 1; i + 1 < frames_.size(); ++i) {
    auto without = frames_;
    without.erase(without.begin() + static_cast<std::ptrdiff_t>(i));
    EXPECT_EQ(refusal_of(join(without)), ErrorCode::kDamaged);
    auto doubled = frames_;
    doubled.insert(doubled.begin() + static_cast<std::ptrdiff_t>(i), frames_[i]);
    EXPECT_EQ(refusal_of(join(doubled)), ErrorCode::kDamaged);
  }
}

TEST_F(FrameParserTest, what_the_first_frame_continues_is_for_the_caller) {
  auto parsed = parse(join({frames_[3], frames_[4]}));
  ASSERT_TRUE(parsed) << parsed.error().text();
  EXPECT_EQ(parsed->size(), 2u);
}

TEST_F(FrameParserTest, a_frame_of_another_chain_with_the_right_txid_is_refused) {
  FrameSource other(frames_[0]->header().position());
  const FramePtr one = other.data({6});
  FrameCopy two(frames_[2]);
  EXPECT_EQ(refusal_of(join({frames_[0], one}) + std::string(as_text(two.bytes()))), ErrorCode::kDamaged);
}

TEST_F(FrameParserTest, an_epoch_that_falls_is_refused_though_the_chain_holds) {
  FrameCopy last(frames_[4]);
  last.header().epoch = 1;
  last.reseal();
  EXPECT_EQ(refusal_of(join({frames_[2], frames_[3]}) + std::string(as_text(last.bytes()))), ErrorCode::kDamaged);
}

TEST_F(FrameParserTest, another_namespace_is_foreign) {
  EXPECT_EQ(refusal_of(join(frames_), kOtherNamespace), ErrorCode::kForeign);
}

TEST_F(FrameParserTest, another_lineage_is_refused) {
  EXPECT_EQ(refusal_of(join(frames_), kTestNamespace, kLineage + 1), ErrorCode::kDamaged);
}

TEST_F(FrameParserTest, a_newer_layout_is_told_apart_from_damage) {
  FrameCopy newer(frames_[1]);
  newer.header().layout = kFrameLayout + 1;
  newer.reseal();
  EXPECT_EQ(refusal_of(as_text(newer.bytes())), ErrorCode::kNewerLayout);
}

TEST_F(FrameParserTest, a_body_that_claims_to_be_longer_than_what_came_is_refused) {
  for (const std::uint64_t body : {std::uint64_t{4096}, kBodyBytesLimit, kBodyBytesLimit + 8, ~std::uint64_t{0} - 7}) {
    FrameCopy frame(frames_[1]);
    frame.header().body_bytes = body;
    frame.header().self = frame.header().compute_self();
    EXPECT_EQ(refusal_of(as_text(frame.bytes())), ErrorCode::kDamaged) << body;
  }
}

TEST_F(FrameParserTest, transactions_that_do_not_fill_the_body_are_refused_though_the_digest_holds) {
  for (const std::uint32_t length : {0u, 1u, 6u, 13u, ~0u}) {
    FrameCopy frame(frames_[4]);
    std::memcpy(frame.padded_body().data(), &length, sizeof(length));
    frame.reseal();
    EXPECT_EQ(refusal_of(as_text(frame.bytes())), ErrorCode::kDamaged) << length;
  }
}

TEST_F(FrameParserTest, padding_that_is_not_zero_is_refused_though_the_digest_holds) {
  FrameCopy frame(frames_[1]);
  frame.padded_body().back() = std::byte{1};
  frame.reseal();
  EXPECT_EQ(refusal_of(as_text(frame.bytes())), ErrorCode::kDamaged);
}

TEST_F(FrameParserTest, the_text_says_from_whom_at_which_offset_and_what) {
  std::string bytes = join(frames_);
  bytes[frames_[0]->bytes().size() + 200] ^= 1;
  auto parsed = parse(bytes);
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().text(), "frames from a test, offset 512: the frame body's digest does not hold");
}

}  // namespace
}  // namespace varve
