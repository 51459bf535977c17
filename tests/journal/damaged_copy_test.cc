// A copy of which a part has rotted, and a writer whose log is another one there: what nobody can mend is given up, and said to be unknown.
#include <memory>

#include "tests/journal/node_fixture.h"

namespace varve {
namespace {

using std::chrono::seconds;

// A read from another member that never comes to an end.
class StalledFrames final : public LogReader {
 public:
  kj::Promise<Result<std::vector<FrameView>>> next() override { return kj::NEVER_DONE; }
};

class DamagedCopy : public NodeFixture {
 protected:
  // Txids 1 and 2 of epoch 5, committed; what is stored behind them is not, as far as is known.
  void SetUp() override {
    NodeFixture::SetUp();
    if (HasFatalFailure()) return;
    source_ = FrameSource({TxId{0}, Epoch{5}, copy().log()->start().position.digest});
    begin_append(Epoch{5}, {1, 1});
    store({source_.segment_start(), source_.data({100})}, TxId{2});
    source_.set_committed(TxId{2});
    committed_ = source_.end();
  }
  void TearDown() override {
    if (HasFatalFailure()) return;
    writer_.reset();
    EXPECT_TRUE(honest_writer_goes_on("other"));
    node_ = nullptr;
  }
  void begin_append(Epoch epoch, Uuid writer) {
    writer_ = std::make_unique<AppendConnection>(world_, client());
    writer_->open(to_append(epoch, writer));
  }
  void store(std::vector<FramePtr> frames, TxId committed) {
    const FrameHeader& first = frames.front()->header();
    const LogPosition end = frames.back()->header().position();
    writer_->append({first.first().previous(), Epoch{0}, first.previous}, std::move(frames), committed);
    ASSERT_TRUE(writer_->is_stored(end));
  }
  static std::string file(const std::string& name) { return "/journal/rm/" + name; }
  // In the body of a frame with this text.
  void rot(std::uint64_t first, const std::string& text) {
    const auto bytes = disk().read_all(file(in_progress_name(TxId{first})));
    const std::size_t offset = as_text(bytes).find(text);
    ASSERT_NE(offset, std::string_view::npos);
    disk().flip_bits(file(in_progress_name(TxId{first})), offset);
  }
  void restart_node() {
    writer_.reset();
    start();
    ASSERT_EQ(end(), source_.end());
    ASSERT_TRUE(copy().log()->tail_certain()) << "the end behind the damage is known";
    pass(seconds(3));  // no other member to mend it from
  }
  // The next reign has chosen a log that ends with what is committed here.
  void next_reign() {
    begin_append(Epoch{6}, {2, 2});
    source_ = FrameSource({committed_.txid, Epoch{6}, committed_.digest});
  }
  // What must be compared cannot be read, and is given up; then the frames take its place, which are committed.
  void expect_given_up_for(std::vector<FramePtr> frames) {
    const TxId last = frames.back()->header().last();
    writer_->append(committed_, frames, last);
    EXPECT_EQ(writer_->refusal(), ErrorCode::kDamaged);
    pass(seconds(3));
    EXPECT_FALSE(copy().log()->tail_certain());
    EXPECT_GE(end().txid, committed_.txid);
    store(frames, last);
    EXPECT_EQ(copy().log()->committed(), source_.end());
    EXPECT_FALSE(copy().log()->tail_certain());
    writer_->send(wire::SettleOrder{last});
    EXPECT_TRUE(writer_->is_stored(source_.end()));
    EXPECT_TRUE(copy().log()->tail_certain());
    EXPECT_TRUE(copy().log()->damaged().empty());
  }
  LogPosition end() { return copy().log()->end(); }

  FrameSource source_;
  LogPosition committed_;
  std::unique_ptr<AppendConnection> writer_;
};

TEST_F(DamagedCopy, hole_of_the_newest_segment_whose_frames_were_never_committed_is_given_up) {
  store({source_.data({10}), source_.texts({"rotten"}), source_.data({20})}, TxId{2});
  rot(1, "rotten");
  restart_node();
  next_reign();
  expect_given_up_for({source_.data({30}), source_.data({40})});
}

TEST_F(DamagedCopy, damage_of_a_dead_end_of_several_segments_is_given_up) {
  store({source_.segment_start(), source_.texts({"rotten"})}, TxId{2});
  store({source_.segment_start(), source_.data({20})}, TxId{2});
  rot(3, "rotten");
  restart_node();
  next_reign();
  expect_given_up_for({source_.segment_start(), source_.data({40})});
}

TEST_F(DamagedCopy, damaged_head_in_a_dead_end_of_several_segments_is_given_up) {
  store({source_.segment_start(), source_.data({10})}, TxId{2});
  store({source_.segment_start(), source_.data({20})}, TxId{2});
  disk().flip_bits(file(in_progress_name(TxId{3})), 20);
  restart_node();
  next_reign();
  expect_given_up_for({source_.segment_start(), source_.data({40})});
}

TEST_F(DamagedCopy, missing_segment_of_a_dead_end_is_given_up) {
  store({source_.segment_start(), source_.data({10})}, TxId{2});
  store({source_.segment_start(), source_.data({20})}, TxId{2});
  disk().remove_file(file(in_progress_name(TxId{3})));
  restart_node();
  next_reign();
  expect_given_up_for({source_.data({30}), source_.data({40})});
}

TEST_F(DamagedCopy, damage_that_is_known_to_be_committed_is_never_given_up) {
  const FramePtr start = source_.segment_start();
  store({start, source_.texts({"rotten"})}, TxId{2});
  source_.set_committed(TxId{4});
  store({source_.segment_start(), source_.data({20})}, TxId{6});
  pass(seconds(1));
  disk().flip_bits(file(finalized_name(TxId{3}, TxId{4})), 20);
  restart_node();
  begin_append(Epoch{6}, {2, 2});
  for (int round = 0; round < 3; ++round) {
    writer_->append(start->header().position(), {}, TxId{2});
    EXPECT_EQ(writer_->refusal(), ErrorCode::kDamaged);
    pass(seconds(3));
    EXPECT_TRUE(copy().log()->tail_certain());
    EXPECT_EQ(end(), source_.end());
  }
}

TEST_F(DamagedCopy, begins_anew_at_a_place_that_it_cannot_read_only_as_one_that_does_not_know_its_end) {
  store({source_.data({10}), source_.texts({"rotten"}), source_.data({20})}, TxId{2});
  rot(1, "rotten");
  restart_node();
  begin_append(Epoch{6}, {2, 2});
  const LogStart start{{TxId{4}, Epoch{6}, Digest{1, 1}}, copy().log()->start().configuration};
  writer_->send(wire::RestartOrder{start});
  EXPECT_EQ(writer_->refusal(), ErrorCode::kDamaged);
  EXPECT_EQ(copy().counts().restarts, 0u) << "it may hold that very frame";
  pass(seconds(3));
  writer_->send(wire::RestartOrder{start});
  EXPECT_TRUE(writer_->is_stored(start.position));
  EXPECT_FALSE(copy().log()->tail_certain()) << "what it acknowledged above is missing still";
}

TEST_F(DamagedCopy, mending_from_a_member_that_stalls_holds_up_neither_promises_nor_appends) {
  store({source_.segment_start(), source_.data({20})}, TxId{4});
  pass(seconds(1));
  disk().flip_bits(file(finalized_name(TxId{1}, TxId{2})), 20);
  restart_node();
  const auto mending = copy().mend(TxId{1}, kj::heap<StalledFrames>()).eagerlyEvaluate(nullptr);
  EXPECT_TRUE(honest_writer_goes_on("rm"));
  EXPECT_EQ(copy().log()->damaged().size(), 1u) << "it is not mended yet";
}

}  // namespace
}  // namespace varve
