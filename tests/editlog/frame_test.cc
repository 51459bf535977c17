#include "editlog/frame.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/editlog/frame_source.h"

namespace varve {
namespace {

std::vector<std::string> transactions_of(const Frame& frame) {
  std::vector<std::string> transactions;
  TransactionCursor cursor = frame.transactions();
  while (cursor.next()) transactions.emplace_back(as_text(cursor.bytes()));
  EXPECT_TRUE(cursor.at_end());
  return transactions;
}

TEST(Frame, gives_back_its_transactions) {
  FrameSource source({TxId{41}, Epoch{5}, {}});
  const FramePtr frame = source.texts({"one", "", "a third one of some length"});
  EXPECT_THAT(transactions_of(*frame), testing::ElementsAre("one", "", "a third one of some length"));
  EXPECT_EQ(frame->header().first(), TxId{42});
  EXPECT_EQ(frame->header().last(), TxId{44});
  EXPECT_EQ(frame->header().position(), source.end());
  EXPECT_EQ(frame->header().frame_kind(), FrameKind::kData);
  EXPECT_EQ(check_header(frame->header(), kTestNamespace), std::nullopt);
  EXPECT_TRUE(body_is_well_formed(frame->header(), frame->body()));
}

TEST(Frame, is_whole_sectors_padded_with_zeros_under_the_digest) {
  FrameSource source;
  for (std::size_t size : {0, 1, 7, 8, 375, 376, 377, 384, 5000}) {
    const FramePtr frame = source.data({size});
    const Bytes bytes = frame->bytes();
    EXPECT_EQ(bytes.size() % kSectorBytes, 0u);
    EXPECT_LT(bytes.size(), sizeof(FrameHeader) + frame->header().body_bytes + kSectorBytes);
    EXPECT_TRUE(all_zero(bytes.subspan(sizeof(FrameHeader) + frame->header().body_bytes)));
    EXPECT_EQ(frame->header().body, digest_of(bytes.subspan(sizeof(FrameHeader))));
  }
}

TEST(Frame, transactions_are_aligned_to_words) {
  FrameSource source;
  const FramePtr frame = source.data({1, 2, 3, 9, 0, 17});
  TransactionCursor cursor = frame->transactions();
  while (cursor.next()) EXPECT_EQ(reinterpret_cast<std::uintptr_t>(cursor.bytes().data()) % 8, 0u);
}

TEST(Frame, the_same_transactions_give_the_same_bytes) {
  EXPECT_EQ(bytes_of_frame(FrameSource().data({3, 300})), bytes_of_frame(FrameSource().data({3, 300})));
}

TEST(Frame, builder_says_what_fits) {
  FrameBuilder builder(transaction_space(10) + transaction_space(3));
  EXPECT_TRUE(builder.fits(10));
  builder.add(as_bytes("0123456789"));
  EXPECT_TRUE(builder.fits(8));
  EXPECT_FALSE(builder.fits(9));
  builder.add(as_bytes("abc"));
  EXPECT_FALSE(builder.fits(0));
  EXPECT_EQ(builder.transactions(), 2u);
}

TEST(FrameHeader, every_flipped_bit_is_found) {
  FrameSource source;
  const FramePtr frame = source.data({100});
  for (std::size_t i = 0; i < sizeof(FrameHeader); ++i)
    for (int bit = 0; bit < 8; ++bit) {
      FrameCopy copy(frame);
      copy.bytes()[i] ^= static_cast<std::byte>(1 << bit);
      EXPECT_EQ(check_header(copy.header(), kTestNamespace), i < 4 ? HeaderDefect::kNotAFrame : HeaderDefect::kDigest) << "byte " << i;
    }
}

TEST(FrameHeader, of_another_namespace_or_a_newer_layout_says_so) {
  FrameCopy copy(FrameSource().data({8}));
  EXPECT_EQ(check_header(copy.header(), kOtherNamespace), HeaderDefect::kForeign);
  copy.header().layout = kFrameLayout + 1;
  copy.reseal();
  EXPECT_EQ(check_header(copy.header(), kOtherNamespace), HeaderDefect::kNewerLayout);
}

// What proves itself, but was never written by a writer.
TEST(FrameHeader, contradictory_fields_are_refused) {
  const std::vector<std::pair<const char*, void (*)(FrameHeader&)>> cases = {
      {"layout", [](FrameHeader& h) { h.layout = 0; }},
      {"unknown kind", [](FrameHeader& h) { h.kind = 5; }},
      {"kind 0", [](FrameHeader& h) { h.kind = 0; }},
      {"unknown flag", [](FrameHeader& h) { h.flags = 2; }},
      {"a data frame that rolls", [](FrameHeader& h) { h.flags = kFrameFlagRoll; }},
      {"a segment start that does not roll", [](FrameHeader& h) { h.kind = static_cast<std::uint8_t>(FrameKind::kSegmentStart); }},
      {"reserved", [](FrameHeader& h) { h.reserved = 1; }},
      {"no transactions", [](FrameHeader& h) { h.transactions = 0; }},
      {"more transactions than the body can hold",
       [](FrameHeader& h) { h.transactions = static_cast<std::uint32_t>(h.body_bytes / 8 + 1); }},
      {"two transactions in a control frame", [](FrameHeader& h) { h.kind = static_cast<std::uint8_t>(FrameKind::kEpochStart); }},
      {"body not in words", [](FrameHeader& h) { h.body_bytes += 1; }},
      {"body above the limit", [](FrameHeader& h) { h.body_bytes = kBodyBytesLimit + 8; }},
      {"body of nearly 2^64 bytes", [](FrameHeader& h) { h.body_bytes = ~std::uint64_t{7}; }},
      {"epoch 0", [](FrameHeader& h) { h.epoch = 0; }},
      {"txid 0", [](FrameHeader& h) { h.first_txid = 0; }},
      {"txids beyond the last", [](FrameHeader& h) { h.first_txid = ~std::uint64_t{0}; }},
      {"committed itself", [](FrameHeader& h) { h.committed = h.first_txid; }},
  };
  for (const auto& [name, change] : cases) {
    FrameCopy copy(FrameSource().data({16, 16}));
    change(copy.header());
    copy.reseal();
    EXPECT_EQ(check_header(copy.header(), kTestNamespace), HeaderDefect::kFields) << name;
  }
}

TEST(FrameBody, every_length_word_and_padding_byte_counts) {
  FrameSource source;
  const FramePtr frame = source.texts({"12345", "", "123456789"});
  const std::string body(as_text(frame->body()));
  ASSERT_TRUE(body_is_well_formed(frame->header(), as_bytes(body)));
  const std::vector<std::size_t> free_bytes = {8, 9, 10, 11, 12, 32, 33, 34, 35, 36, 37, 38, 39, 40};  // the transactions' own
  for (std::size_t i = 0; i < body.size(); ++i) {
    std::string changed = body;
    changed[i] = static_cast<char>(changed[i] ^ 0x40);
    EXPECT_EQ(body_is_well_formed(frame->header(), as_bytes(changed)), std::ranges::count(free_bytes, i) != 0) << "byte " << i;
  }
}

TEST(FrameBody, every_other_length_is_refused) {
  const FramePtr frame = FrameSource().data({5, 0, 30});
  for (std::size_t bytes = 0; bytes < frame->body().size(); ++bytes)
    EXPECT_FALSE(body_is_well_formed(frame->header(), frame->body().first(bytes)));
  std::string longer(as_text(frame->body()));
  longer += std::string(8, '\0');  // one more, empty transaction
  EXPECT_FALSE(body_is_well_formed(frame->header(), as_bytes(longer)));
}

TEST(TransactionCursor, stops_before_a_length_beyond_the_body) {
  std::string body(as_text(FrameSource().texts({"12345678"})->body()));
  body[0] = 9;
  TransactionCursor cursor(as_bytes(body), TxId{1});
  EXPECT_FALSE(cursor.next());
  EXPECT_FALSE(cursor.at_end());
}

}  // namespace
}  // namespace varve
