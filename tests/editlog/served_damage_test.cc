// A log of several copies with damage in it: opens with what is proven, says what it lacks, and says so again after each reopening.
#include "tests/editlog/log_fixture.h"
#include "tests/support/exhaustive_stride.h"

namespace varve {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class ServedDamage : public LogFixture {
 protected:
  ServedDamage() { options_.on_damage = DamagePolicy::kServe; }

  // Two finalized segments and one in progress, left by a clean close or by a kill.
  void make_log(bool closed) {
    open();
    append({30});
    roll();
    append({600});
    roll();
    append({40, 50});
    settle();
    append({900});
    if (closed) take(world_.wait(log_->close()));
    log_ = nullptr;
    world_.disk().settle();
    whole_ = world_.disk().snapshot();
  }
  static std::string first_segment() { return finalized_name(TxId{1}, TxId{2}); }
  static std::string second_segment() { return finalized_name(TxId{3}, TxId{5}); }
  static std::string newest_segment() { return in_progress_name(TxId{6}); }

  // What can be read from `from` on, up to the end or the damage.
  std::vector<std::string> readable(TxId from = TxId{1}) {
    std::vector<std::string> frames;
    auto reader = take(world_.wait(log_->read_durable(from)));
    while (true) {
      const auto views = world_.wait(reader->next());
      if (!views) {
        EXPECT_EQ(views.error().code(), ErrorCode::kDamaged) << views.error().text();
        EXPECT_THAT(views.error().text(), HasSubstr(kLogPath));
        met_damage_ = true;
      }
      if (!views || views->empty()) return frames;
      for (const FrameView& view : *views) frames.push_back(line_of(*view.header, view.bytes()));
    }
  }
  // Opens what the damage left, and once more what that left.
  void expect_served(const std::string& damage) {
    SCOPED_TRACE(damage);
    for (int round = 0; round < 2; ++round) {
      open();
      met_damage_ = false;
      const auto frames = readable();
      ASSERT_LE(frames.size(), written_.size());
      EXPECT_TRUE(std::ranges::equal(frames, std::span(written_).first(frames.size())));
      EXPECT_TRUE(frames.size() == written_.size() || met_damage_ || !log_->tail_certain());
      EXPECT_TRUE(log_->damaged().empty() || met_damage_);
      EXPECT_TRUE(round == 0 || log_->tail_certain() == certain_);
      certain_ = log_->tail_certain();
      log_ = nullptr;
    }
    ++(certain_ ? certain_cases_ : uncertain_cases_);
  }
  void flip_each_byte(const std::string& name, std::uint64_t stride = 1) {
    const std::uint64_t size = world_.disk().size_of(path(name));
    for (std::uint64_t offset = 0; offset < size && !HasFailure(); offset += kExhaustiveStride * stride) {
      world_.disk().restore(whole_);
      world_.disk().flip_bits(path(name), offset, std::byte{static_cast<unsigned char>(1u << (offset % 8))});
      expect_served(name + " flipped at " + std::to_string(offset));
    }
  }
  void cut_at_each_length(const std::string& name, std::uint64_t stride) {
    const std::uint64_t size = world_.disk().size_of(path(name));
    for (std::uint64_t length = 0; length < size && !HasFailure(); length += kExhaustiveStride * stride) {
      world_.disk().restore(whole_);
      world_.disk().truncate_to(path(name), length);
      expect_served(name + " cut to " + std::to_string(length));
    }
  }
  void damage(const std::string& name, std::uint64_t offset) { world_.disk().flip_bits(path(name), offset); }
  // As if the log had been closed there, and nothing written behind it.
  void end_with_second_segment() {
    open();
    const LogPosition end = *take(world_.wait(log_->find(TxId{5})));
    kill();
    world_.disk().remove_file(path(newest_segment()));
    auto directory = take(world_.wait(world_.disk().open_directory(kLogPath)));
    auto slots = take(world_.wait(Slots::open(*directory)));
    SlotState state = slots->state();
    state.mark = end;
    take(world_.wait(slots->settle()));
    take(world_.wait(slots->store(state)));
  }

  SimDiskState whole_;
  bool met_damage_ = false;
  bool certain_ = true;
  int certain_cases_ = 0;
  int uncertain_cases_ = 0;
};

TEST_F(ServedDamage, flipped_byte_of_a_finalized_segment) {
  make_log(true);
  flip_each_byte(first_segment());
  flip_each_byte(second_segment());
  EXPECT_EQ(uncertain_cases_, 0) << "the end is not in doubt";
}

TEST_F(ServedDamage, flipped_byte_of_the_segment_in_progress_after_a_close) {
  make_log(true);
  flip_each_byte(newest_segment());
  EXPECT_GT(certain_cases_, 0) << "unwritten space";
  EXPECT_GT(uncertain_cases_, 0);
}

TEST_F(ServedDamage, flipped_byte_of_the_segment_in_progress_after_a_kill) {
  make_log(false);
  flip_each_byte(newest_segment(), 3);
  EXPECT_GT(uncertain_cases_, 0);
}

TEST_F(ServedDamage, cut_files) {
  make_log(false);
  for (const std::string& name : {first_segment(), second_segment(), newest_segment()}) cut_at_each_length(name, 101);
}

TEST_F(ServedDamage, missing_files) {
  make_log(true);
  for (const std::string& name : {first_segment(), second_segment(), newest_segment()}) {
    world_.disk().restore(whole_);
    world_.disk().remove_file(path(name));
    expect_served(name + " missing");
  }
  EXPECT_EQ(uncertain_cases_, 1) << "only the newest is the end";
}

TEST_F(ServedDamage, several_files_at_once) {
  make_log(true);
  for (const bool trailer : {false, true}) {
    world_.disk().restore(whole_);
    damage(first_segment(), trailer ? world_.disk().size_of(path(first_segment())) - 1 : 20);
    world_.disk().remove_file(path(second_segment()));
    expect_served("first and second");
    world_.disk().restore(whole_);
    damage(second_segment(), trailer ? world_.disk().size_of(path(second_segment())) - 1 : 20);
    damage(newest_segment(), 20);
    expect_served("second and newest");
  }
}

TEST_F(ServedDamage, stray_copies_of_other_segments_are_set_aside) {
  make_log(true);
  const auto first = world_.disk().read_all(path(first_segment()));
  for (const std::string& copy : {finalized_name(TxId{100}, TxId{101}), in_progress_name(TxId{1000})}) {
    world_.disk().restore(whole_);
    world_.disk().write_all(path(copy), first);
    open();
    EXPECT_EQ(readable(), written_);
    EXPECT_FALSE(log_->tail_certain());
    EXPECT_THAT(files(), Contains(copy + ".damaged"));
    kill();
  }
}

TEST_F(ServedDamage, damaged_tail_is_kept_aside_byte_for_byte) {
  make_log(true);
  damage(newest_segment(), kFramesOffset + 3 * kSectorBytes);
  const std::string damaged = content(newest_segment());
  open();
  EXPECT_FALSE(log_->tail_certain());
  EXPECT_EQ(content(newest_segment() + ".damaged"), damaged);
  EXPECT_THAT(log_->damaged(), IsEmpty());
}

TEST_F(ServedDamage, name_aside_that_is_taken_is_numbered) {
  make_log(true);
  world_.disk().write_all(path(newest_segment() + ".damaged"), as_bytes("older"));
  damage(newest_segment(), kFramesOffset + 3 * kSectorBytes);
  open();
  EXPECT_EQ(content(newest_segment() + ".damaged"), "older");
  EXPECT_THAT(files(), Contains(newest_segment() + ".damaged.2"));
}

TEST_F(ServedDamage, unknown_tail_goes_on_and_is_settled) {
  make_log(true);
  damage(newest_segment(), kFramesOffset + 3 * kSectorBytes);
  open();
  const auto before = readable();
  written_ = before;
  append({77});
  EXPECT_FALSE(log_->tail_certain());
  take(world_.wait(log_->settle_tail()));
  EXPECT_TRUE(log_->tail_certain());
  kill_and_reopen();
  EXPECT_TRUE(log_->tail_certain());
  EXPECT_EQ(readable(), written_);
}

TEST_F(ServedDamage, neither_a_cut_nor_a_restart_makes_an_unknown_tail_certain) {
  make_log(true);
  damage(newest_segment(), kFramesOffset + 3 * kSectorBytes);
  open();
  take(world_.wait(log_->append({source_.data({5})})));
  const auto to = log_->committed();
  if (to != log_->end()) take(world_.wait(log_->cut(to)));
  EXPECT_FALSE(log_->tail_certain());
  LogStart start;
  start.position = {TxId{90}, Epoch{2}, Digest{1, 2}};
  start.configuration = encode(Configuration{});
  take(world_.wait(log_->restart(start)));
  EXPECT_FALSE(log_->tail_certain());
  kill();
  open();
  EXPECT_FALSE(log_->tail_certain());
  EXPECT_EQ(log_->end(), start.position);
}

// It may hide the newest configuration, which no later segment repeats.
TEST_F(ServedDamage, rot_in_the_body_of_the_newest_segment_that_is_finalized_is_an_unknown_tail) {
  make_log(true);
  end_with_second_segment();
  open();
  EXPECT_TRUE(log_->tail_certain());
  EXPECT_EQ(log_->end().txid, TxId{5});
  kill();
  damage(second_segment(), kFramesOffset + kSectorBytes + 200);
  open();
  EXPECT_FALSE(log_->tail_certain());
  EXPECT_EQ(log_->end().txid, TxId{5});
}

TEST_F(ServedDamage, unknown_tail_is_refused_by_who_has_no_other_copy) {
  make_log(true);
  damage(newest_segment(), kFramesOffset + 3 * kSectorBytes);
  open();
  kill();
  options_.on_damage = DamagePolicy::kRefuse;
  EXPECT_EQ(open_fails()->code(), ErrorCode::kDamaged);
}

TEST_F(ServedDamage, damaged_segment_says_what_is_known_of_its_ends) {
  make_log(true);
  open();
  const auto ends = log_->segments();
  const LogPosition first_end = *take(world_.wait(log_->find(TxId{2})));
  const LogPosition second_end = *take(world_.wait(log_->find(TxId{5})));
  kill();
  world_.disk().restore(whole_);
  damage(second_segment(), 20);
  open();
  ASSERT_THAT(log_->damaged(), SizeIs(1));
  const DamagedSegment segment = log_->damaged().front();
  EXPECT_EQ(segment.first, TxId{3});
  EXPECT_EQ(segment.before, first_end);
  EXPECT_EQ(segment.last, second_end);
  EXPECT_THAT(segment.what, AllOf(HasSubstr(second_segment()), HasSubstr("file.bad_header")));
  EXPECT_THAT(readable(TxId{6}), SizeIs(4));
}

TEST_F(ServedDamage, purge_removes_a_damaged_segment) {
  make_log(true);
  damage(first_segment(), 20);
  open_and_commit();
  take(world_.wait(log_->purge(TxId{2})));
  EXPECT_THAT(files(), Not(Contains(first_segment())));
  EXPECT_THAT(log_->damaged(), IsEmpty());
  kill_and_reopen();
  EXPECT_EQ(log_->start().position.txid, TxId{2});
}

TEST_F(ServedDamage, sound_log_is_opened_as_without_damage) {
  make_log(false);
  open();
  EXPECT_TRUE(log_->tail_certain());
  EXPECT_THAT(log_->damaged(), IsEmpty());
  EXPECT_EQ(readable(), written_);
}

}  // namespace
}  // namespace varve
