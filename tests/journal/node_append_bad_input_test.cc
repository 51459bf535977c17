// A writer that sends wrong frames, wrong positions and wrong orders: what the protocol says must come of each, and nothing is changed by
// what is refused.
#include <fmt/format.h>

#include "tests/journal/node_fixture.h"

namespace varve {
namespace {

using std::chrono::seconds;

class NodeAppendBadInput : public NodeFixture {
 protected:
  // Epoch 5 of writer {1, 1} with txids 1 to 4 stored, committed up to 3.
  void SetUp() override {
    NodeFixture::SetUp();
    if (HasFatalFailure()) return;
    source_ = FrameSource({TxId{0}, kEpoch, copy().log()->start().position.digest});
    begin_append();
    for (const FramePtr& frame : {source_.segment_start(), source_.data({100}), source_.data({200}), source_.data({300})}) {
      frames_.push_back(frame);
      writer_->append(before(frame), {frame}, TxId{3});
      ASSERT_TRUE(writer_->is_stored(frame->header().position()));
    }
    ASSERT_EQ(copy().log()->committed().txid, TxId{3});
  }
  void TearDown() override {
    if (HasFatalFailure()) return;
    writer_.reset();
    pass(seconds(61));
    EXPECT_EQ(connections(), 0u);
    EXPECT_TRUE(honest_writer_goes_on("rm"));
    EXPECT_TRUE(honest_writer_goes_on("other"));
    writer_.reset();
    node_ = nullptr;
  }
  void begin_append(Epoch epoch = kEpoch, Uuid writer = {1, 1}) {
    writer_ = std::make_unique<AppendConnection>(world_, client());
    writer_->open(to_append(epoch, writer));
  }
  static LogPosition before(const FramePtr& frame) { return {frame->header().first().previous(), Epoch{0}, frame->header().previous}; }
  LogPosition end() { return copy().log()->end(); }
  static LogPosition position(const FramePtr& frame) { return frame->header().position(); }
  std::string good_bytes() { return bytes_of_frames({source_.data({50}), source_.data({60})}); }
  void expect_closed_by(const std::string& bytes) {
    const LogPosition end_before = end();
    writer_->append_bytes(end_before, bytes);
    EXPECT_TRUE(writer_->is_closed());
    EXPECT_EQ(end(), end_before);
    begin_append();
  }
  // A frame like the last one but for what `change` does to its header.
  template <typename Change>
  std::string changed(Change change) {
    FrameSource source(end());
    FrameCopy frame(source.data({77}));
    change(frame.header());
    frame.reseal();
    return std::string(as_text(frame.bytes()));
  }

  static constexpr Epoch kEpoch{5};
  FrameSource source_;
  std::vector<FramePtr> frames_;  // txids 1 to 4
  std::unique_ptr<AppendConnection> writer_;
};

TEST_F(NodeAppendBadInput, frames_with_a_flipped_byte_end_the_connection_with_a_line_and_store_nothing) {
  const std::string good = good_bytes();
  for (std::size_t i = 0; i < good.size(); i += 13) {
    std::string bytes = good;
    bytes[i] = static_cast<char>(bytes[i] ^ 0x40);
    expect_closed_by(bytes);
  }
  EXPECT_TRUE(world_.log_contains("frames from a client, offset 0"));
}

TEST_F(NodeAppendBadInput, frames_cut_at_each_sector_but_between_frames_end_the_connection) {
  const std::string good = bytes_of_frames({source_.data({3000})});
  for (std::size_t length = kSectorBytes; length < good.size(); length += kSectorBytes) expect_closed_by(good.substr(0, length));
}

TEST_F(NodeAppendBadInput, frames_out_of_order_end_the_connection) {
  const FramePtr one = source_.data({1});
  const FramePtr two = source_.data({2});
  expect_closed_by(bytes_of_frames({two, one}));
  expect_closed_by(bytes_of_frames({one, one}));
  expect_closed_by(bytes_of_frames({two}));
}

TEST_F(NodeAppendBadInput, frames_of_another_chain_namespace_lineage_or_layout_end_the_connection) {
  expect_closed_by(changed([](FrameHeader& header) { ++header.previous.low; }));
  expect_closed_by(changed([](FrameHeader& header) { header.namespace_id = kOtherNamespace; }));
  expect_closed_by(changed([](FrameHeader& header) { ++header.lineage; }));
  expect_closed_by(changed([](FrameHeader& header) { ++header.layout; }));
  expect_closed_by(changed([](FrameHeader& header) { ++header.first_txid; }));
  expect_closed_by(changed([](FrameHeader& header) { header.transactions = 2; }));
}

TEST_F(NodeAppendBadInput, a_frame_of_an_epoch_above_its_append_is_refused) {
  FrameSource source({end().txid, Epoch{6}, end().digest});
  writer_->append(end(), {source.data({9})});
  EXPECT_EQ(writer_->refusal(), ErrorCode::kDamaged);
  EXPECT_EQ(end(), position(frames_[3]));
}

TEST_F(NodeAppendBadInput, a_frame_whose_epoch_falls_behind_the_one_stored_is_refused) {
  FrameSource source({end().txid, Epoch{4}, end().digest});
  writer_->append(end(), {source.data({9})});
  EXPECT_EQ(writer_->refusal(), ErrorCode::kDamaged);
  EXPECT_EQ(end(), position(frames_[3]));
}

TEST_F(NodeAppendBadInput, an_append_of_an_epoch_that_is_over_is_fenced_and_says_by_which) {
  ASSERT_TRUE(ask("rm", wire::PromiseRequest{Epoch{9}, {2, 2}, false}));
  writer_->append(end(), {source_.data({1})});
  EXPECT_EQ(writer_->refusal(), ErrorCode::kFenced);
  EXPECT_EQ(writer_->refused().promised, Epoch{9});
  EXPECT_EQ(end(), position(frames_[3]));
}

TEST_F(NodeAppendBadInput, positions_that_are_not_here_get_a_mismatch_with_the_state) {
  const FrameHeader& last = frames_[3]->header();
  for (const LogPosition& prev :
       {LogPosition{TxId{4}, kEpoch, Digest{1, 1}}, LogPosition{TxId{5}, kEpoch, last.self}, LogPosition{TxId{0}, Epoch{0}, Digest{1, 1}},
        LogPosition{TxId{~std::uint64_t{0}}, kEpoch, last.self}, LogPosition{}}) {
    writer_->append(prev, {}, TxId{~std::uint64_t{0}});
    EXPECT_TRUE(writer_->is_mismatch()) << prev.txid.value;
  }
  EXPECT_EQ(copy().log()->committed().txid, TxId{3}) << "what is committed is believed only of what was proved equal";
}

TEST_F(NodeAppendBadInput, a_position_inside_a_frame_gets_a_mismatch) {
  const FramePtr three = source_.data({1, 2, 3});
  writer_->append(before(three), {three});
  ASSERT_TRUE(writer_->is_stored(position(three)));
  writer_->append({TxId{6}, kEpoch, position(three).digest}, {});
  EXPECT_TRUE(writer_->is_mismatch());
}

TEST_F(NodeAppendBadInput, committed_rises_only_as_far_as_the_append_proved) {
  writer_->append(position(frames_[1]), {}, TxId{~std::uint64_t{0}});
  EXPECT_TRUE(writer_->is_stored(position(frames_[1])));
  EXPECT_EQ(copy().log()->committed().txid, TxId{3});
  writer_->append(position(frames_[3]), {}, TxId{~std::uint64_t{0}});
  EXPECT_TRUE(writer_->is_stored(position(frames_[3])));
  EXPECT_EQ(copy().log()->committed().txid, TxId{4});
}

TEST_F(NodeAppendBadInput, an_append_that_would_replace_what_is_committed_is_damage_and_changes_nothing) {
  begin_append(Epoch{6}, {2, 2});
  LogPosition prev = position(frames_[1]);
  FrameSource other({prev.txid, Epoch{6}, prev.digest});
  writer_->append(prev, {other.data({1})});
  EXPECT_EQ(writer_->refusal(), ErrorCode::kDamaged);
  EXPECT_EQ(end(), position(frames_[3]));
  EXPECT_EQ(copy().counts().cuts, 0u);
}

TEST_F(NodeAppendBadInput, two_frames_of_one_epoch_at_one_txid_are_damage_and_never_cut) {
  const LogPosition prev = position(frames_[2]);
  FrameSource other({prev.txid, kEpoch, prev.digest});
  writer_->append(prev, {other.data({301})});
  EXPECT_EQ(writer_->refusal(), ErrorCode::kDamaged);
  EXPECT_EQ(end(), position(frames_[3]));
  EXPECT_EQ(copy().counts().cuts, 0u);
}

TEST_F(NodeAppendBadInput, what_is_not_committed_gives_way_to_a_higher_epoch) {
  begin_append(Epoch{6}, {2, 2});
  const LogPosition prev = position(frames_[2]);
  FrameSource other({prev.txid, Epoch{6}, prev.digest});
  const FramePtr frame = other.data({301});
  writer_->append(prev, {frame});
  EXPECT_TRUE(writer_->is_stored(position(frame)));
  EXPECT_EQ(end(), position(frame));
  EXPECT_EQ(copy().counts().cuts, 1u);
}

TEST_F(NodeAppendBadInput, control_frames_whose_content_is_nonsense_are_refused) {
  const std::string nonsense = "nonsense";
  Configuration large;
  for (std::uint64_t i = 0; i < 60; ++i) large.members.push_back({Uuid{i + 1, 1}, std::string(60, 'h') + ":1", MemberRole::kLearner});
  const std::vector<std::pair<FrameKind, std::string>> contents{{FrameKind::kEpochStart, nonsense},
                                                                {FrameKind::kConfiguration, nonsense},
                                                                {FrameKind::kConfiguration, encode(large)},
                                                                {FrameKind::kSegmentStart, nonsense},
                                                                {FrameKind::kSegmentStart, encode(SegmentStart{.configuration = large})}};
  for (const auto& [kind, content] : contents) {
    FrameSource source(end());
    writer_->append(end(), {source.seal(kind, kind == FrameKind::kSegmentStart, {content})});
    EXPECT_EQ(writer_->refusal(), ErrorCode::kDamaged);
    EXPECT_EQ(end(), position(frames_[3]));
  }
}

TEST_F(NodeAppendBadInput, messages_that_are_not_a_writers_end_the_connection) {
  for (const StreamKind kind : {StreamKind::kOpen, StreamKind::kOpened, StreamKind::kRequest, StreamKind::kStored, StreamKind::kMismatch,
                                StreamKind::kRefused, StreamKind::kFrames}) {
    writer_->channel().send(head_of(kind), wire::encode(opening()));
    EXPECT_TRUE(writer_->is_closed());
    begin_append();
  }
  for (const StreamKind kind : {StreamKind::kAnswer, StreamKind::kOrder}) {
    writer_->channel().send(head_of(kind), "nonsense");
    EXPECT_TRUE(writer_->is_closed());
    begin_append();
  }
}

TEST_F(NodeAppendBadInput, thousands_of_appends_behind_a_stuck_disk_go_away_with_their_connection) {
  disk().inject({.op = SimOp::kSync, .path_part = "/journal/rm/", .times = 1, .error = 0, .delay = seconds(100)});
  writer_->append(end(), {source_.data({1})});
  for (int i = 0; i < 50'000; ++i) writer_->append(end(), {});
  pass(seconds(5));
  EXPECT_LE(copy().pending_bytes(), 9u << 20);
  writer_.reset();
  pass(seconds(120));
  EXPECT_EQ(copy().pending_bytes(), 0u);
}

// --- Orders ---

TEST_F(NodeAppendBadInput, a_pull_from_where_nobody_listens_is_refused) {
  for (const std::string& source :
       {std::string("nowhere:1"), std::string(), std::string("not an address"), std::string(5000, 'x'), std::string("\0:1", 3)}) {
    writer_->send(wire::PullOrder{source, {TxId{9}, kEpoch, Digest{1, 1}}});
    EXPECT_EQ(writer_->refusal(), ErrorCode::kClosed) << source;
  }
  EXPECT_EQ(end(), position(frames_[3]));
}

TEST_F(NodeAppendBadInput, a_pull_from_one_who_sends_garbage_or_nothing_is_refused) {
  auto listener = world_.wait(client().network.listen("rm1:9"));
  for (const std::string& garbage :
       {std::string(1000, 'g'), std::string(), control_message(head_of(StreamKind::kOpened), "nonsense"),
        control_message(head_of(StreamKind::kOpened), wire::encode(wire::Opened(LogPosition{}))),
        control_message(head_of(StreamKind::kOpened), wire::encode(wire::Opened(end()))) + std::string(600, 'g'),
        control_message(head_of(StreamKind::kOpened), wire::encode(wire::Opened(end()))) +
            frames_message(head_of(StreamKind::kFrames), bytes_of_frames({frames_[0], frames_[1]}))}) {
    writer_->send(wire::PullOrder{"rm1:9", {TxId{9}, kEpoch, Digest{1, 1}}});
    Accepted accepted = world_.wait(listener->accept());
    if (!garbage.empty()) world_.wait(accepted.stream->write(garbage.data(), garbage.size()));
    const ErrorCode code = writer_->refusal();
    EXPECT_TRUE(code == ErrorCode::kDamaged || code == ErrorCode::kIo) << to_string(code);
  }
  EXPECT_EQ(end(), position(frames_[3]));
}

TEST_F(NodeAppendBadInput, pulls_of_a_fenced_writer_store_nothing) {
  ASSERT_TRUE(ask("rm", wire::PromiseRequest{Epoch{9}, {2, 2}, false}));
  writer_->send(wire::PullOrder{kNodeAddress, end()});
  EXPECT_EQ(writer_->refusal(), ErrorCode::kFenced);
}

TEST_F(NodeAppendBadInput, more_orders_at_once_than_a_writer_gives_end_the_connection) {
  auto listener = world_.wait(client().network.listen("rm1:9"));  // and accepts nobody
  for (int i = 0; i < 100; ++i) writer_->send(wire::PullOrder{"rm1:9", {TxId{9}, kEpoch, Digest{1, 1}}});
  EXPECT_TRUE(writer_->is_closed());
}

TEST_F(NodeAppendBadInput, restarts_with_nonsense_are_refused_and_change_nothing) {
  const std::string sound = copy().log()->start().configuration;
  const LogPosition above{TxId{100}, kEpoch, Digest{1, 1}};
  for (const LogStart& start : {LogStart{above, std::string(kConfigurationBytesMax + 8, '\0')}, LogStart{above, "nonsense"},
                                LogStart{above, ""}, LogStart{{TxId{~std::uint64_t{0}}, kEpoch, {}}, sound},
                                LogStart{{TxId{100}, Epoch{6}, {}}, sound}, LogStart{{TxId{100}, Epoch{0}, {}}, sound}}) {
    writer_->send(wire::RestartOrder{start});
    EXPECT_EQ(writer_->refusal(), ErrorCode::kDamaged) << start.position.txid.value;
  }
  for (const LogPosition& at : {position(frames_[1]), position(frames_[2])}) {
    writer_->send(wire::RestartOrder{{at, sound}});
    EXPECT_EQ(writer_->refusal(), ErrorCode::kRefused) << at.txid.value;
  }
  EXPECT_EQ(end(), position(frames_[3]));
  EXPECT_EQ(copy().counts().restarts, 0u);
}

TEST_F(NodeAppendBadInput, a_restart_below_the_last_epoch_does_not_make_epochs_fall) {
  writer_->send(wire::RestartOrder{{{TxId{100}, Epoch{3}, Digest{1, 1}}, copy().log()->start().configuration}});
  EXPECT_TRUE(writer_->is_stored({TxId{100}, Epoch{3}, Digest{1, 1}})) << "what is committed may have been of any epoch up to its own";
}

TEST_F(NodeAppendBadInput, a_restart_where_the_copy_holds_that_very_frame_tells_it_that_it_is_committed) {
  writer_->send(wire::RestartOrder{{position(frames_[3]), copy().log()->start().configuration}});
  EXPECT_TRUE(writer_->is_stored(position(frames_[3])));
  EXPECT_EQ(copy().log()->committed(), position(frames_[3])) << "so a pull finds it at its source";
  EXPECT_EQ(copy().counts().restarts, 0u);
  EXPECT_EQ(end(), position(frames_[3]));
}

TEST_F(NodeAppendBadInput, a_settlement_above_what_is_committed_is_refused) {
  for (const TxId upto : {TxId{4}, TxId{~std::uint64_t{0}}}) {
    writer_->send(wire::SettleOrder{upto});
    EXPECT_EQ(writer_->refusal(), ErrorCode::kRefused);
  }
}

}  // namespace
}  // namespace varve
