// One state of the disk for each row of docs/recovery.md that a test can make with verbs; the crash walk makes the others by itself.
#include "tests/editlog/log_fixture.h"

#include "editlog/version_file.h"

namespace varve {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class LocalLogRecoveryTest : public LogFixture {
 protected:
  // A killed process' log with one frame in the segment in progress above the mark, whose last frame begins here.
  std::uint64_t log_with_last_frame(std::size_t bytes) {
    open();
    append({100});
    const std::uint64_t offset = kFramesOffset + log_->segment_bytes_used();
    append({bytes});
    salt_ = load_as<PreallocationRecord>(as_bytes(content(newest())).subspan(kPreallocationOffset)).salt;
    kill();
    return offset;
  }
  static std::string newest() { return in_progress_name(TxId{1}); }
  void unwrite(std::uint64_t offset, std::uint64_t bytes = kSectorBytes) {
    std::vector<std::byte> pattern(bytes);
    fill_unwritten(kTestNamespace, salt_, offset, pattern);
    world_.disk().write_at(path(newest()), offset, pattern);
  }
  void expect_cut_to(std::size_t frames) {
    open_and_commit();
    written_.resize(frames);
    EXPECT_EQ(read(), written_);
    EXPECT_GT(log_->recovery().torn_bytes_cut, 0u);
    append({10});
    kill_and_reopen();
    EXPECT_EQ(read(), written_);
  }
  void expect_refused(ErrorCode code, const std::string& label) {
    const auto before = contents();
    const auto error = open_fails();
    ASSERT_TRUE(error);
    EXPECT_EQ(error->code(), code) << error->text();
    EXPECT_THAT(error->text(), HasSubstr(label));
    EXPECT_EQ(contents(), before);
  }

  std::uint64_t salt_ = 0;
};

TEST_F(LocalLogRecoveryTest, torn_body_is_cut) {
  const std::uint64_t offset = log_with_last_frame(2000);
  unwrite(offset + 2 * kSectorBytes);
  expect_cut_to(2);
}

TEST_F(LocalLogRecoveryTest, torn_body_with_zeros_of_its_own_is_cut) {
  open();
  append({100});
  const std::uint64_t offset = kFramesOffset + log_->segment_bytes_used();
  append_frames({source_.texts({std::string(3000, '\0')})});
  salt_ = load_as<PreallocationRecord>(as_bytes(content(newest())).subspan(kPreallocationOffset)).salt;
  kill();
  unwrite(offset + 3 * kSectorBytes);
  expect_cut_to(2);
}

TEST_F(LocalLogRecoveryTest, torn_header_is_cut) {
  const std::uint64_t offset = log_with_last_frame(2000);
  unwrite(offset);
  expect_cut_to(2);
}

// Three frames of one sector each, in one append.
class LocalLogTornAppend : public LocalLogRecoveryTest {
 protected:
  std::uint64_t log_with_last_append() {
    open();
    append({100});
    const std::uint64_t offset = kFramesOffset + log_->segment_bytes_used();
    append_frames({source_.data({10}), source_.data({20}), source_.data({30})});
    salt_ = load_as<PreallocationRecord>(as_bytes(content(newest())).subspan(kPreallocationOffset)).salt;
    kill();
    return offset;
  }
};

TEST_F(LocalLogTornAppend, readable_frame_behind_a_torn_one_is_cut) {
  const std::uint64_t offset = log_with_last_append();
  unwrite(offset + kSectorBytes);
  expect_cut_to(3);
}

TEST_F(LocalLogTornAppend, torn_frame_is_damage_when_a_frame_behind_it_says_that_it_is_committed) {
  const std::uint64_t offset = log_with_last_append();
  unwrite(offset);
  expect_refused(ErrorCode::kDamaged, "tail.below_mark");
}

TEST_F(LocalLogRecoveryTest, unwritten_frame_below_the_mark_is_damage) {
  const std::uint64_t offset = log_with_last_frame(2000);
  open();
  close();
  const std::string now = content(newest());
  salt_ = load_as<PreallocationRecord>(as_bytes(now).subspan(kPreallocationOffset)).salt;
  unwrite(offset, 5 * kSectorBytes);
  expect_refused(ErrorCode::kDamaged, "tail.below_mark");
}

TEST_F(LocalLogRecoveryTest, zeroed_header_is_damage) {
  const std::uint64_t offset = log_with_last_frame(2000);
  world_.disk().zero(path(newest()), offset, kSectorBytes);
  expect_refused(ErrorCode::kDamaged, "tail.zeroed_header");
}

TEST_F(LocalLogRecoveryTest, rotten_header_is_damage) {
  const std::uint64_t offset = log_with_last_frame(2000);
  world_.disk().flip_bits(path(newest()), offset + 20);
  expect_refused(ErrorCode::kDamaged, "tail.rotten_header");
}

TEST_F(LocalLogRecoveryTest, rotten_body_is_damage) {
  const std::uint64_t offset = log_with_last_frame(2000);
  world_.disk().flip_bits(path(newest()), offset + 700);
  expect_refused(ErrorCode::kDamaged, "tail.rotten_body");
}

TEST_F(LocalLogRecoveryTest, zeroed_body_is_damage) {
  const std::uint64_t offset = log_with_last_frame(2000);
  world_.disk().zero(path(newest()), offset + kSectorBytes, kSectorBytes);
  expect_refused(ErrorCode::kDamaged, "tail.zeroed_body");
}

TEST_F(LocalLogRecoveryTest, frame_out_of_its_place_is_damage) {
  const std::uint64_t offset = log_with_last_frame(2000);
  const std::string file = content(newest());
  world_.disk().write_at(path(newest()), offset, as_bytes(file).subspan(kFramesOffset, kSectorBytes));
  expect_refused(ErrorCode::kDamaged, "tail.broken_chain");
}

TEST_F(LocalLogRecoveryTest, first_frame_is_never_torn) {
  log_with_last_frame(100);
  unwrite(kFramesOffset);
  expect_refused(ErrorCode::kDamaged, "file.no_first_frame");
}

TEST_F(LocalLogRecoveryTest, gap_is_damage) {
  open();
  for (int i = 0; i < 3; ++i) roll();
  settle();
  kill();
  world_.disk().remove_file(path(finalized_name(TxId{3}, TxId{4})));
  expect_refused(ErrorCode::kDamaged, "sequence.gap");
}

TEST_F(LocalLogRecoveryTest, unfinished_purge_is_finished) {
  open();
  for (int i = 0; i < 3; ++i) roll();
  settle();
  const auto before = contents();
  take(world_.wait(log_->purge(TxId{4})));
  kill();
  const std::string name = finalized_name(TxId{1}, TxId{2});
  world_.disk().write_all(path(name), as_bytes(before.at(name)));
  open_and_commit();
  EXPECT_THAT(files(), Not(Contains(name)));
  EXPECT_EQ(read(TxId{5}), written_from(TxId{5}));
}

TEST_F(LocalLogRecoveryTest, leftovers_go) {
  open();
  append({100});
  kill();
  world_.disk().write_all(path("VERSION.tmp"), as_bytes("varve"));
  world_.disk().write_all(path(std::string(kPreparedFile)), as_bytes("half"));
  options_.disk_reserve_bytes = 0;
  open_and_commit();
  log_ = nullptr;
  EXPECT_THAT(files(), Not(Contains("VERSION.tmp")));
  open_and_commit();
  EXPECT_EQ(read(), written_);
}

TEST_F(LocalLogRecoveryTest, version_is_restored_from_the_slots_loudly) {
  open();
  append({100});
  close();
  const std::string version = content("VERSION");
  world_.disk().remove_file(path("VERSION"));
  open_and_commit();
  EXPECT_TRUE(log_->recovery().version_repaired);
  EXPECT_TRUE(world_.log_contains("VERSION restored"));
  EXPECT_EQ(content("VERSION"), version);
}

TEST_F(LocalLogRecoveryTest, bad_slot_is_mended_loudly) {
  open();
  close();
  world_.disk().flip_bits(path("slots"), 100);
  open();
  EXPECT_TRUE(log_->recovery().slot_repaired);
  EXPECT_TRUE(world_.log_contains("slot"));
  kill();
  world_.disk().flip_bits(path("slots"), 4096 + 100);
  open();
}

TEST_F(LocalLogRecoveryTest, both_slots_bad_is_damage) {
  open();
  close();
  world_.disk().flip_bits(path("slots"), 100);
  world_.disk().flip_bits(path("slots"), 4096 + 100);
  expect_refused(ErrorCode::kDamaged, "directory.slots_lost");
}

TEST_F(LocalLogRecoveryTest, another_namespace_is_foreign) {
  auto directory = take(world_.wait(world_.disk().open_directory(kLogPath)));
  auto opened = world_.wait(LocalLog::open(world_.seams(), kj::mv(directory), options_, kOtherNamespace));
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), ErrorCode::kForeign);
}

TEST_F(LocalLogRecoveryTest, version_of_another_log_is_foreign) {
  const VersionFile other{.namespace_id = kOtherNamespace, .disk_id = {5, 6}, .lineage = 3};
  world_.disk().write_all(path("VERSION"), as_bytes(encode_version(other)));
  expect_refused(ErrorCode::kForeign, "directory.identities_differ");
}

TEST_F(LocalLogRecoveryTest, directory_without_a_log_is_not_found) {
  for (const std::string& name : files()) world_.disk().remove_file(path(name));
  EXPECT_EQ(open_fails()->code(), ErrorCode::kNotFound);
  auto directory = take(world_.wait(world_.disk().open_directory(kLogPath)));
  EXPECT_FALSE(take(world_.wait(LocalLog::is_formatted(*directory))));
}

TEST_F(LocalLogRecoveryTest, unfinished_format_is_done_again) {
  world_.disk().remove_file(path("VERSION"));
  EXPECT_EQ(open_fails()->code(), ErrorCode::kNotFound);
  world_.disk().flip_bits(path("slots"), 10);
  world_.disk().flip_bits(path("slots"), 4096 + 10);
  auto directory = take(world_.wait(world_.disk().open_directory(kLogPath)));
  EXPECT_FALSE(take(world_.wait(LocalLog::is_formatted(*directory))));
  take(world_.wait(format_test_log(world_)));
  EXPECT_TRUE(take(world_.wait(LocalLog::is_formatted(*directory))));
  open();
}

TEST_F(LocalLogRecoveryTest, log_in_use_without_version_counts_as_formatted) {
  open();
  take(world_.wait(log_->promise(Epoch{1}, Uuid{1, 1})));
  close();
  world_.disk().remove_file(path("VERSION"));
  auto directory = take(world_.wait(world_.disk().open_directory(kLogPath)));
  EXPECT_TRUE(take(world_.wait(LocalLog::is_formatted(*directory))));
  EXPECT_EQ(world_.wait(format_test_log(world_)).error().code(), ErrorCode::kExists);
}

TEST_F(LocalLogRecoveryTest, cut_in_the_slots_is_finished) {
  open();
  const FramePtr start = source_.segment_start();
  const FramePtr kept = source_.data({10});
  const LogPosition cut = source_.end();
  take(world_.wait(log_->append({start, kept, source_.data({20})})));
  take(world_.wait(log_->append({source_.segment_start()})));
  take(world_.wait(log_->write_mark()));
  kill();
  {
    auto directory = take(world_.wait(world_.disk().open_directory(kLogPath)));
    auto slots = take(world_.wait(Slots::open(*directory)));
    SlotState state = slots->state();
    state.cut = cut;
    take(world_.wait(slots->store(state)));
  }
  written_ = {line_of(start), line_of(kept)};
  open_and_commit();
  EXPECT_EQ(log_->end(), cut);
  EXPECT_EQ(read(), written_);
  append({30});
  kill_and_reopen();
  EXPECT_EQ(read(), written_);
}

}  // namespace
}  // namespace varve
