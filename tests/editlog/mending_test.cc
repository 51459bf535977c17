// Damaged segments of one copy of a log are found, and put back from another copy's frames: the same bytes, or nothing.
#include "tests/editlog/frames_in_memory.h"
#include "tests/editlog/log_fixture.h"

namespace varve {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::uint64_t kFast = 1ull << 40;

class Mending : public LogFixture {
 protected:
  Mending() { options_.on_damage = DamagePolicy::kServe; }

  // Two finalized segments and one in progress.
  void make_log() {
    open();
    append({30});
    roll();
    append({600});
    roll();
    append({40, 50});
    settle();
    keep_whole();
  }
  void keep_whole() {
    auto reader = take(world_.wait(log_->read_durable(TxId{1})));
    while (true) {
      const auto views = take(world_.wait(reader->next()));
      if (views.empty()) break;
      good_.insert(good_.end(), views.begin(), views.end());
    }
    reader = nullptr;
    close();
    world_.disk().settle();
    whole_ = world_.disk().snapshot();
    segments_ = segments();
  }
  std::map<std::string, std::string> segments() {
    std::map<std::string, std::string> all;
    for (const std::string& name : files())
      if (parse_segment_name(name)) all[name] = content(name);
    return all;
  }
  static std::string first_segment() { return finalized_name(TxId{1}, TxId{2}); }
  static std::string second_segment() { return finalized_name(TxId{3}, TxId{5}); }

  kj::Own<LogReader> good_from(TxId first) {
    std::vector<FrameView> frames;
    for (const FrameView& frame : good_)
      if (frame.header->first() >= first) frames.push_back(frame);
    return kj::heap<FramesInMemory>(frames);
  }
  Result<void> mend(TxId first) { return world_.wait(log_->mend(first, good_from(first))); }
  bool scrub(TxId first) { return take(world_.wait(log_->scrub(first, kFast))); }
  void open_served() {
    log_ = take(world_.wait(open_test_log(world_, options_)));
    log_->check_invariants();
  }
  void mend_all() {
    while (!log_->damaged().empty() && !HasFailure()) take(mend(log_->damaged().front().first));
    log_->check_invariants();
  }
  std::vector<std::string> read_durable() {
    std::vector<std::string> frames;
    auto reader = take(world_.wait(log_->read_durable(TxId{1})));
    while (true) {
      const auto views = take(world_.wait(reader->next()));
      if (views.empty()) return frames;
      for (const FrameView& view : views) frames.push_back(line_of(*view.header, view.bytes()));
    }
  }
  void expect_mended(const std::string& damage) {
    SCOPED_TRACE(damage);
    open_served();
    for (const TxId first : {TxId{1}, TxId{3}}) scrub(first);
    EXPECT_THAT(log_->damaged(), testing::Not(IsEmpty()));
    mend_all();
    EXPECT_TRUE(segments() == segments_);
    EXPECT_EQ(read_durable(), written_);
    kill();
    open_served();
    EXPECT_THAT(log_->damaged(), IsEmpty());
    EXPECT_TRUE(log_->tail_certain());
    kill();
  }

  std::vector<FrameView> good_;
  SimDiskState whole_;
  std::map<std::string, std::string> segments_;
};

TEST_F(Mending, puts_back_each_flipped_byte) {
  make_log();
  for (const std::string& name : {first_segment(), second_segment()}) {
    const std::uint64_t size = world_.disk().size_of(path(name));
    for (std::uint64_t offset = 0; offset < size && !HasFailure(); offset += 5) {
      world_.disk().restore(whole_);
      world_.disk().flip_bits(path(name), offset);
      expect_mended(name + " flipped at " + std::to_string(offset));
    }
  }
}

TEST_F(Mending, puts_back_cut_files) {
  make_log();
  const std::uint64_t size = world_.disk().size_of(path(second_segment()));
  for (std::uint64_t length = 0; length < size && !HasFailure(); length += 301) {
    world_.disk().restore(whole_);
    world_.disk().truncate_to(path(second_segment()), length);
    expect_mended("cut to " + std::to_string(length));
  }
}

TEST_F(Mending, puts_back_missing_files) {
  make_log();
  world_.disk().remove_file(path(first_segment()));
  expect_mended("first");
  world_.disk().restore(whole_);
  world_.disk().remove_file(path(first_segment()));
  world_.disk().remove_file(path(second_segment()));
  expect_mended("both");
}

TEST_F(Mending, puts_back_neighbours_between_which_nothing_is_known) {
  make_log();
  world_.disk().flip_bits(path(first_segment()), world_.disk().size_of(path(first_segment())) - 1);
  world_.disk().flip_bits(path(second_segment()), 20);
  open_served();
  EXPECT_THAT(log_->damaged(), SizeIs(1));
  kill();
  expect_mended("trailer of the first, head of the second");
}

TEST_F(Mending, keeps_the_damaged_file_aside) {
  make_log();
  world_.disk().flip_bits(path(first_segment()), 20);
  const std::string damaged = content(first_segment());
  open_served();
  mend_all();
  EXPECT_EQ(content(first_segment() + ".damaged"), damaged);
}

TEST_F(Mending, segment_that_is_not_committed_stays_in_progress) {
  open();
  source_.set_committed(TxId{0});
  const std::vector<FramePtr> frames{source_.segment_start(), source_.data({300}), source_.segment_start(), source_.data({20})};
  for (const FramePtr& frame : frames) note(frame);
  take(world_.wait(log_->append(frames)));
  keep_whole();
  world_.disk().flip_bits(path(in_progress_name(TxId{1})), kFramesOffset + 700);
  open_served();
  EXPECT_THAT(log_->damaged(), SizeIs(1));
  mend_all();
  EXPECT_EQ(read_durable(), written_);
  kill();
  open_served();
  EXPECT_EQ(read_durable(), written_);
  log_->set_committed(log_->end());
  settle();
  log_->check_invariants();
  EXPECT_THAT(files(), Contains(finalized_name(TxId{1}, TxId{2})));
}

TEST_F(Mending, mended_segment_that_is_not_committed_can_be_cut) {
  open();
  source_.set_committed(TxId{0});
  const FramePtr start = source_.segment_start();
  take(world_.wait(log_->append({start, source_.data({300}), source_.segment_start(), source_.data({20})})));
  keep_whole();
  world_.disk().flip_bits(path(in_progress_name(TxId{1})), kFramesOffset + 700);
  open_served();
  mend_all();
  take(world_.wait(log_->cut(start->header().position())));
  log_->check_invariants();
  kill();
  open_served();
  EXPECT_EQ(log_->end(), start->header().position());
}

class MendingAHole : public Mending {
 protected:
  // One segment in progress of four frames, of one sector, one, three and one; each says that the one before it is committed.
  LogPosition make_segment() {
    open();
    append({30});
    append({900});
    append({40});
    const LogPosition end = log_->end();
    keep_whole();
    return end;
  }
  static std::string newest() { return in_progress_name(TxId{1}); }
  void damage(std::uint64_t offset) { world_.disk().flip_bits(path(newest()), offset); }
};

TEST_F(MendingAHole, end_behind_damage_counts) {
  const LogPosition end = make_segment();
  for (const std::uint64_t offset : {kFramesOffset + 700, kFramesOffset + 1034, kFramesOffset + 1800}) {
    world_.disk().restore(whole_);
    damage(offset);
    open_served();
    EXPECT_EQ(log_->end(), end);
    EXPECT_TRUE(log_->tail_certain());
    ASSERT_THAT(log_->damaged(), SizeIs(1));
    EXPECT_EQ(log_->damaged().front().last, end);
    EXPECT_EQ(log_->branches().back(), end);
    EXPECT_THAT(log_->damaged().front().what, HasSubstr(newest()));
    kill();
  }
}

TEST_F(MendingAHole, goes_on_when_mended) {
  const LogPosition end = make_segment();
  damage(kFramesOffset + 700);
  open_served();
  source_ = FrameSource(end);
  const FramePtr next = source_.data({70});
  EXPECT_EQ(world_.wait(log_->append({next})).error().code(), ErrorCode::kDamaged);
  mend_all();
  take(world_.wait(log_->append({next})));
  note(next);
  log_->check_invariants();
  EXPECT_EQ(read_durable(), written_);
  log_->set_committed(log_->end());
  EXPECT_EQ(read(), written_);
  kill();
  open_served();
  EXPECT_THAT(log_->damaged(), IsEmpty());
  EXPECT_EQ(read_durable(), written_);
}

TEST_F(MendingAHole, stays_certain_across_a_power_loss) {
  const LogPosition end = make_segment();
  damage(kFramesOffset + 700);
  for (int round = 0; round < 2; ++round) {
    open_served();
    EXPECT_EQ(log_->end(), end);
    EXPECT_TRUE(log_->tail_certain());
    lose_power();
  }
}

TEST_F(MendingAHole, is_committed_to_its_end_before_it_is_mended) {
  const LogPosition end = make_segment();
  damage(kFramesOffset + 700);
  open_served();
  log_->set_committed(end);
  EXPECT_EQ(log_->committed(), end);
  mend_all();
  EXPECT_EQ(read(), written_);
  EXPECT_FALSE(log_->needs_segment()) << "other copies go on in this segment too";
}

TEST_F(MendingAHole, damage_of_the_last_frame_is_an_unknown_tail) {
  make_segment();
  damage(kFramesOffset + 5 * kSectorBytes + 130);
  open_served();
  EXPECT_FALSE(log_->tail_certain());
  EXPECT_THAT(log_->damaged(), IsEmpty());
}

TEST_F(MendingAHole, cut_inside_it_waits_for_mending) {
  make_segment();
  damage(kFramesOffset + 700);
  open_served();
  const LogPosition inside = good_[1].header->position();
  const auto refused = world_.wait(log_->cut(inside));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::kDamaged);
  EXPECT_FALSE(log_->failure());
}

TEST_F(Mending, refuses_frames_that_are_not_those) {
  make_log();
  world_.disk().flip_bits(path(second_segment()), 20);
  open_served();
  const auto before = segments();
  FrameSource other(*take(world_.wait(log_->find(TxId{2}))));
  const FramePtr start = other.segment_start();
  const FramePtr data = other.data({601, 9});
  std::vector<FrameView> alien;
  for (const FramePtr& frame : {start, data}) alien.push_back({&frame->header(), frame->body(), frame});
  const std::vector<FrameView> too_few(good_.begin() + 2, good_.begin() + 3);
  const std::vector<FrameView> wrong_place(good_.begin(), good_.begin() + 3);
  for (const auto& frames : {alien, too_few, wrong_place, std::vector<FrameView>()}) {
    auto mended = world_.wait(log_->mend(TxId{3}, kj::heap<FramesInMemory>(frames)));
    ASSERT_FALSE(mended);
    EXPECT_EQ(mended.error().code(), ErrorCode::kRefused);
    EXPECT_FALSE(log_->failure());
  }
  EXPECT_TRUE(segments() == before);
  EXPECT_EQ(world_.wait(log_->mend(TxId{1}, good_from(TxId{1}))).error().code(), ErrorCode::kRefused);
}

TEST_F(Mending, refuses_when_the_log_changed_meanwhile) {
  make_log();
  world_.disk().flip_bits(path(first_segment()), 20);
  open_served();
  log_->set_committed(log_->end());
  auto purging = log_->purge(TxId{2});
  auto mending = log_->mend(TxId{1}, good_from(TxId{1}));
  const auto mended = world_.wait(kj::mv(mending));
  take(world_.wait(kj::mv(purging)));
  ASSERT_FALSE(mended);
  EXPECT_EQ(mended.error().code(), ErrorCode::kRefused);
  log_->check_invariants();
}

TEST_F(Mending, scrub_finds_nothing_in_a_sound_log) {
  make_log();
  open_served();
  EXPECT_TRUE(scrub(TxId{1}));
  EXPECT_TRUE(scrub(TxId{3}));
  EXPECT_FALSE(scrub(TxId{6})) << "in progress";
  EXPECT_FALSE(scrub(TxId{2})) << "no segment begins there";
  EXPECT_THAT(log_->damaged(), IsEmpty());
}

TEST_F(Mending, scrub_takes_its_time) {
  make_log();
  open_served();
  const auto before = world_.clock().now();
  EXPECT_TRUE(take(world_.wait(log_->scrub(TxId{3}, 1000))));
  EXPECT_GT(world_.clock().now() - before, std::chrono::seconds(1));
}

TEST_F(Mending, readers_stop_at_damage_and_go_on_when_it_is_mended) {
  make_log();
  world_.disk().flip_bits(path(second_segment()), kFramesOffset + kSectorBytes + 200);
  open_served();
  log_->set_committed(log_->end());
  const auto read = try_read();
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code(), ErrorCode::kDamaged);
  EXPECT_THAT(read.error().text(), HasSubstr(second_segment()));
  scrub(TxId{3});
  mend_all();
  EXPECT_EQ(this->read(), written_);
}

TEST_F(Mending, newest_segment_must_be_mended_before_more_is_appended) {
  make_log();
  open_served();
  log_->set_committed(log_->end());
  const LogPosition end = log_->end();
  source_ = FrameSource(end);
  const FramePtr next = source_.segment_start();
  take(world_.wait(log_->append({next})));
  settle();
  kill();
  world_.disk().remove_file(path(in_progress_name(end.txid.next())));
  world_.disk().flip_bits(path(finalized_name(TxId{6}, end.txid)), 20);
  open_served();
  ASSERT_THAT(log_->damaged(), SizeIs(1));
  EXPECT_EQ(log_->damaged().front().last, end);
  const auto refused = world_.wait(log_->append({next}));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::kDamaged);
  mend_all();
  take(world_.wait(log_->append({next})));
  log_->check_invariants();
}

}  // namespace
}  // namespace varve
