#include "journal/wire.h"

#include <capnp/message.h>
#include <gtest/gtest.h>
// After gtest.
#include <rapidcheck/gtest.h>

#include <chrono>
#include <functional>

#include "journal/wire.capnp.h"
#include "journal/wire_fields.h"

namespace varve::wire {
namespace {

namespace schema = varve::wire_schema;

LogPosition position(std::uint64_t seed) {
  return {TxId{seed + 1}, Epoch{seed + 2}, Digest{seed + 3, ~seed}};
}

CopyState some_state() {
  CopyState state;
  state.namespace_id = {1, 2};
  state.lineage = 3;
  state.disk = {4, 5};
  state.boot = {6, 7};
  state.promised = Epoch{8};
  state.promised_to = {9, 10};
  state.start = {position(11), "a configuration"};
  state.committed = position(20);
  state.branches = {position(20), position(30), position(~std::uint64_t{50})};
  state.tail_certain = false;
  state.configuration = {TxId{12}, std::string("another\0one", 11)};
  state.removed = true;
  state.holed = true;
  state.node_name = "n1";
  return state;
}

// One value of every kind that is sent, and the function that reads it.
struct Sample {
  const char* name;
  std::string bytes;
  std::function<std::optional<std::string>(Bytes)> again;  // decodes and encodes; nullopt: refused
};

template <typename T>
std::function<std::optional<std::string>(Bytes)> decoder(Result<T> (*decode)(Bytes)) {
  return [decode](Bytes bytes) -> std::optional<std::string> {
    auto value = decode(bytes);
    if (!value) return std::nullopt;
    return encode(*value);
  };
}

std::vector<Sample> samples() {
  std::vector<Sample> all;
  const auto add = [&](const char* name, std::string bytes, auto again) { all.push_back({name, std::move(bytes), std::move(again)}); };
  add("state", encode(some_state()), decoder(decode_copy_state));
  add("empty state", encode(CopyState()), decoder(decode_copy_state));
  add("refusal", encode(Refusal{ErrorCode::kFenced, "why", Epoch{9}}), decoder(decode_refusal));
  add("open control", encode(Open{"rm", {1, 2}, 3, OpenControl{}}), decoder(decode_open));
  add("open append", encode(Open{"rm", {1, 2}, 3, OpenAppend{Epoch{4}, {5, 6}, "name", "host"}}), decoder(decode_open));
  add("open read", encode(Open{"rm", {1, 2}, 3, OpenRead{{position(1), position(2)}, position(3)}}), decoder(decode_open));
  add("opened refused", encode(Opened(Refusal{ErrorCode::kIo, "", Epoch{0}})), decoder(decode_opened));
  add("opened state", encode(Opened(some_state())), decoder(decode_opened));
  add("opened after", encode(Opened(position(4))), decoder(decode_opened));
  add("opened node", encode(Opened(NodeFacts{"n1", "1.0", {7, 8}, {"a", "", "c"}})), decoder(decode_opened));
  add("request state", encode(Request(StateRequest{})), decoder(decode_request));
  add("request promise", encode(Request(PromiseRequest{Epoch{1}, {2, 3}, true})), decoder(decode_request));
  add("request format", encode(Request(FormatRequest{{1, 2}, 3, {4, 5}, {position(6), "conf"}})), decoder(decode_request));
  add("request purge", encode(Request(PurgeRequest{Epoch{1}, {2, 3}, TxId{4}})), decoder(decode_request));
  add("request segments", encode(Request(SegmentsRequest{})), decoder(decode_request));
  add("request status", encode(Request(StatusRequest{})), decoder(decode_request));
  add("request add", encode(Request(ChangeRequest{AddMember{{1, 2}, "n9:1"}, false})), decoder(decode_request));
  add("request remove", encode(Request(ChangeRequest{RemoveMember{{1, 2}}, true})), decoder(decode_request));
  add("request outcome", encode(Request(OutcomeRequest{Ticket{TxId{1}, Epoch{2}, Digest{3, 4}}})), decoder(decode_request));
  add("answer refused", encode(Answer(Refusal{ErrorCode::kBusy, "text", Epoch{1}})), decoder(decode_answer));
  add("answer ok", encode(Answer(Done{})), decoder(decode_answer));
  add("answer state", encode(Answer(some_state())), decoder(decode_answer));
  SegmentInfo open_segment;
  open_segment.name.first = TxId{10};
  open_segment.last = TxId{12};
  open_segment.bytes = 13;
  SegmentInfo finalized = open_segment;
  finalized.name = {TxId{1}, TxId{9}};
  finalized.last = TxId{9};
  add("answer segments", encode(Answer(std::vector{finalized, open_segment})), decoder(decode_answer));
  add("answer text", encode(Answer(std::string(700, 'x'))), decoder(decode_answer));
  add("order pull", encode(Order(PullOrder{"n2:8485", position(3)})), decoder(decode_order));
  add("order restart", encode(Order(RestartOrder{{position(3), "conf"}})), decoder(decode_order));
  add("order settle", encode(Order(SettleOrder{TxId{~std::uint64_t{0}}})), decoder(decode_order));
  return all;
}

TEST(Wire, every_kind_of_value_comes_back_as_it_went) {
  for (const Sample& sample : samples()) EXPECT_EQ(sample.again(as_bytes(sample.bytes)), sample.bytes) << sample.name;
}

TEST(Wire, every_field_of_a_state_is_carried) {
  const auto state = decode_copy_state(as_bytes(encode(some_state())));
  ASSERT_TRUE(state) << state.error().text();
  const CopyState sent = some_state();
  EXPECT_EQ(state->namespace_id, sent.namespace_id);
  EXPECT_EQ(state->lineage, sent.lineage);
  EXPECT_EQ(state->disk, sent.disk);
  EXPECT_EQ(state->boot, sent.boot);
  EXPECT_EQ(state->promised, sent.promised);
  EXPECT_EQ(state->promised_to, sent.promised_to);
  EXPECT_EQ(state->start.position, sent.start.position);
  EXPECT_EQ(state->start.configuration, sent.start.configuration);
  EXPECT_EQ(state->committed, sent.committed);
  EXPECT_EQ(state->branches, sent.branches);
  EXPECT_EQ(state->tail_certain, sent.tail_certain);
  EXPECT_EQ(state->configuration.txid, sent.configuration.txid);
  EXPECT_EQ(state->configuration.bytes, sent.configuration.bytes);
  EXPECT_EQ(state->removed, sent.removed);
  EXPECT_EQ(state->holed, sent.holed);
  EXPECT_EQ(state->node_name, sent.node_name);
}

TEST(Wire, values_of_any_content_come_back) {
  rc::check("an opening to read",
            [](std::string journal, std::uint64_t low, std::uint64_t lineage, const std::vector<std::uint64_t>& after) {
              OpenRead read;
              for (std::uint64_t seed : after) read.after.push_back(position(seed));
              read.durable_to = position(low);
              const auto open = decode_open(as_bytes(encode(Open{journal, {low, 1}, lineage, read})));
              RC_ASSERT(open.has_value());
              RC_ASSERT(open->journal == journal);
              RC_ASSERT(open->lineage == lineage);
              RC_ASSERT(std::get<OpenRead>(open->kind).after == read.after);
              RC_ASSERT(std::get<OpenRead>(open->kind).durable_to == read.durable_to);
            });
  rc::check("a refusal", [](const std::string& text, std::uint64_t promised) {
    const auto refusal = decode_refusal(as_bytes(encode(Refusal{ErrorCode::kDamaged, text, Epoch{promised}})));
    RC_ASSERT(refusal.has_value());
    RC_ASSERT(refusal->text == text);
    RC_ASSERT(refusal->code == ErrorCode::kDamaged);
    RC_ASSERT(refusal->promised == Epoch{promised});
  });
  rc::check("facts of a node", [](const std::string& name, const std::vector<std::string>& journals) {
    const auto opened = decode_opened(as_bytes(encode(Opened(NodeFacts{name, "", {1, 2}, journals}))));
    RC_ASSERT(opened.has_value());
    RC_ASSERT(std::get<NodeFacts>(*opened).journals == journals);
  });
}

TEST(Wire, values_that_outgrow_the_first_piece_of_memory_are_still_one_segment) {
  for (std::size_t size : {100u, 4000u, 5000u, 100'000u, 1'000'000u}) {
    const std::string text(size, 'y');
    const std::string bytes = encode(Answer(text));
    EXPECT_LT(bytes.size(), size + 64);
    const auto answer = decode_answer(as_bytes(bytes));
    ASSERT_TRUE(answer) << answer.error().text();
    EXPECT_EQ(std::get<std::string>(*answer), text);
  }
}

TEST(Wire, a_code_of_a_later_version_is_a_refusal_all_the_same) {
  capnp::MallocMessageBuilder message;
  auto refusal = message.initRoot<schema::Refusal>();
  refusal.setCode(9999);
  const auto bytes = message.getSegmentsForOutput()[0].asBytes();
  const auto decoded = decode_refusal(std::as_bytes(std::span(bytes.begin(), bytes.size())));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->code, ErrorCode::kRefused);
}

// None may crash, read behind its end (the sanitizer's), or be slow.
void decode_with_all(Bytes bytes) {
  (void)decode_copy_state(bytes);
  (void)decode_refusal(bytes);
  (void)decode_open(bytes);
  (void)decode_opened(bytes);
  (void)decode_request(bytes);
  (void)decode_answer(bytes);
  (void)decode_order(bytes);
}

TEST(Wire, each_byte_changed_in_any_way_is_a_value_or_an_error) {
  for (const Sample& sample : samples())
    for (std::size_t i = 0; i < std::min<std::size_t>(sample.bytes.size(), 600); ++i)
      for (unsigned value = 0; value < 256; value += i < 64 ? 1 : 17) {
        std::string bytes = sample.bytes;
        bytes[i] = static_cast<char>(value);
        (void)sample.again(as_bytes(bytes));
      }
}

TEST(Wire, each_length_cut_is_a_value_or_an_error) {
  for (const Sample& sample : samples())
    for (std::size_t length = 0; length < sample.bytes.size(); ++length) {
      const auto again = sample.again(as_bytes(sample.bytes).first(length));
      EXPECT_FALSE(again && (length % 8 != 0 || length == 0)) << sample.name << " " << length;
    }
}

TEST(Wire, random_words_are_a_value_or_an_error) {
  rc::check("random words", [](const std::vector<std::uint64_t>& words) { decode_with_all(std::as_bytes(std::span(words))); });
}

// --- Messages that somebody made on purpose ---

std::uint64_t struct_pointer(std::uint32_t offset, std::uint16_t data, std::uint16_t pointers) {
  return std::uint64_t{offset & 0x3fffffffu} << 2 | std::uint64_t{data} << 32 | std::uint64_t{pointers} << 48;
}
// element: 0 void, 1 bit, 2 byte, 5 eight bytes, 6 pointer, 7 composite
std::uint64_t list_pointer(std::uint32_t offset, unsigned element, std::uint32_t count) {
  return 1u | std::uint64_t{offset & 0x3fffffffu} << 2 | std::uint64_t{element} << 32 | std::uint64_t{count} << 35;
}
std::uint64_t far_pointer(std::uint32_t offset, std::uint32_t segment, bool is_double) {
  return 2u | (is_double ? 4u : 0u) | std::uint64_t{offset} << 3 | std::uint64_t{segment} << 32;
}

class HostileMessage : public ::testing::Test {
 protected:
  // Decoded as everything, hundreds of times: what is slow shows.
  void decode(const std::vector<std::uint64_t>& words) {
    const auto began = std::chrono::steady_clock::now();
    decode_with_all(std::as_bytes(std::span(words)));
    EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(2)) << words.size() << " words";
  }
};

TEST_F(HostileMessage, lists_that_claim_more_than_there_is) {
  for (unsigned element = 0; element <= 7; ++element)
    for (std::uint32_t count : {1u, 1000u, (1u << 29) - 1})
      for (std::uint16_t slot = 0; slot < 8; ++slot) {
        std::vector<std::uint64_t> words{struct_pointer(0, 8, 8)};
        for (std::uint64_t tag = 0; tag < 8; ++tag) words.push_back(slot);
        for (unsigned i = 0; i < 8; ++i) words.push_back(list_pointer(7 - i, element, count));
        words.push_back(struct_pointer(count, 0, 0));  // of a composite list: elements without size
        decode(words);
      }
}

TEST_F(HostileMessage, a_list_of_elements_without_size_is_not_believed) {
  // CopyState's branches: 2^29 positions that take no bytes at all.
  for (std::uint32_t count : {2000u, (1u << 29) - 1}) {
    std::vector<std::uint64_t> words{struct_pointer(0, 5, 10)};
    words.resize(6, 0);
    for (unsigned i = 0; i < 10; ++i) words.push_back(list_pointer(9 - i, 7, 0));
    words.push_back(struct_pointer(count, 0, 0));
    decode(words);
    EXPECT_FALSE(decode_copy_state(std::as_bytes(std::span(words)))) << count;
  }
}

TEST_F(HostileMessage, far_pointers_into_segments_that_are_not_there) {
  for (bool is_double : {false, true})
    for (std::uint32_t segment : {0u, 1u, ~0u})
      for (std::uint32_t offset : {0u, 1u, 2u, (1u << 29) - 1}) {
        decode({far_pointer(offset, segment, is_double)});
        decode({far_pointer(offset, segment, is_double), far_pointer(0, 0, true), struct_pointer(0, 1, 1)});
        decode({struct_pointer(0, 1, 3), 1, far_pointer(offset, segment, is_double), far_pointer(offset, segment, is_double),
                far_pointer(offset, segment, is_double)});
      }
}

TEST_F(HostileMessage, pointers_that_go_in_circles) {
  const auto back = static_cast<std::uint32_t>(-1);
  for (std::uint64_t tag = 0; tag < 8; ++tag) {
    decode({struct_pointer(back, 0, 1)});
    decode({struct_pointer(0, 1, 4), tag, struct_pointer(back - 1, 1, 4), struct_pointer(back - 2, 1, 4), struct_pointer(back - 3, 1, 4),
            struct_pointer(back - 4, 1, 4)});
  }
}

TEST_F(HostileMessage, many_pointers_to_one_large_text_cost_no_more_than_the_message) {
  // Opened.node with half a megabyte of text that tens of thousands of journal names point to.
  constexpr std::uint32_t kNames = 60'000;
  constexpr std::uint32_t kTextWords = 64 << 10;
  capnp::MallocMessageBuilder model;
  auto node = model.initRoot<schema::Opened>().initNode();
  node.initJournals(1);
  const auto sound = model.getSegmentsForOutput()[0];
  std::vector<std::uint64_t> words(sound.size());
  std::memcpy(words.data(), sound.begin(), sound.size() * 8);
  words.pop_back();  // the one name; the list's pointer is the last of the struct
  std::size_t list_at = 0;
  for (std::size_t i = 0; i < words.size(); ++i)
    if (words[i] == list_pointer(static_cast<std::uint32_t>(words.size() - 1 - i), 6, 1)) list_at = i;
  ASSERT_GT(list_at, 0u);
  words[list_at] = list_pointer(static_cast<std::uint32_t>(words.size() - 1 - list_at), 6, kNames);
  const std::size_t names = words.size();
  for (std::uint32_t i = 0; i < kNames; ++i) words.push_back(list_pointer(kNames - 1 - i, 2, kTextWords * 8));
  words.resize(names + kNames + kTextWords, 0);
  decode(words);
  EXPECT_FALSE(decode_opened(std::as_bytes(std::span(words))));
}

TEST_F(HostileMessage, more_positions_than_may_be_are_refused) {
  for (const bool too_many : {false, true}) {
    CopyState state = some_state();
    state.branches.assign(kPositionsMax + (too_many ? 1 : 0), position(1));
    EXPECT_EQ(decode_copy_state(as_bytes(encode(state))).has_value(), !too_many);
  }
}

TEST_F(HostileMessage, a_message_above_the_bound_is_refused_without_a_copy) {
  const std::vector<std::uint64_t> words(kControlBytesMax / 8 + 1, 0);
  const auto refused = decode_open(std::as_bytes(std::span(words)));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::kDamaged);
}

}  // namespace
}  // namespace varve::wire
