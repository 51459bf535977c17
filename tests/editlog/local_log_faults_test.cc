// A failing disk under the local log: each operation fails once, in each way. Whatever was acknowledged is there after reopening; errors
// are one line; a full disk refuses work and goes on when there is space again.
#include "tests/editlog/log_fixture.h"

namespace varve {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

class LocalLogFaults : public LogFixture {
 protected:
  // A fixed piece of work, told what it was acknowledged; an error ends it.
  Task<Result<void>> work() {
    CO_ASSIGN_OR_RETURN(kj::Own<LocalLog> log, co_await open_test_log(world_, options_));
    log->set_committed(log->end());
    FrameSource source(log->end());
    for (int i = 0; i < 3; ++i) {
      source.set_committed(log->committed().txid);
      std::vector<FramePtr> frames;
      if (log->needs_segment() || i == 2) frames.push_back(source.segment_start());
      frames.push_back(source.data({700}));
      CO_TRY(co_await append_noted(*log, frames));
      co_await world_.clock().after(std::chrono::milliseconds(1));
    }
    CO_TRY(co_await log->promise(Epoch{log->promised().value + 1}, Uuid{1, 1}));
    CO_TRY(co_await log->purge(log->committed().txid));
    purged_ = log->start().position.txid;
    co_return co_await log->close();
  }
  Task<Result<void>> append_noted(LocalLog& log, std::vector<FramePtr> frames) {
    for (const FramePtr& frame : frames) offered_.push_back(line_of(frame));
    CO_TRY(co_await log.append(frames));
    for (const FramePtr& frame : frames) note(frame);
    log.set_committed(frames.back()->header().position());
    log.check_invariants();
    co_return ok();
  }

  // Runs the work with the fault at each of its operations; then the disk is well, and the log is opened again.
  void fail_each_operation(SimFault fault) {
    const std::uint64_t operations = count_operations();
    const SimDiskState before = world_.disk().snapshot();
    std::uint64_t met = 0;
    for (fault.skip = 0; fault.skip < operations && !HasFailure(); ++fault.skip) {
      begin_with(before);
      world_.disk().inject(fault);
      const Result<void> worked = world_.wait(work());
      world_.disk().clear_faults();
      if (!worked) {
        ++met;
        EXPECT_THAT(worked.error().text(), Not(HasSubstr("\n")));
      }
      SCOPED_TRACE(fmt::format("fault {}: {}", fault.skip, worked ? "not seen" : worked.error().text()));
      open_and_commit();
      expect_acknowledged();
      kill();
    }
    EXPECT_GT(met, 3u);
  }
  void begin_with(const SimDiskState& disk) {
    world_.disk().restore(disk);
    written_.clear();
    last_txids_.clear();
    offered_.clear();
    purged_ = TxId{};
  }
  std::uint64_t count_operations() {
    const SimDiskState before = world_.disk().snapshot();
    const std::uint64_t first = world_.disk().operations();
    take(world_.wait(work()));
    const std::uint64_t operations = world_.disk().operations() - first;
    world_.disk().restore(before);
    return operations;
  }
  // All that was acknowledged, and behind it nothing that was not offered.
  void expect_acknowledged() {
    const TxId start = log_->start().position.txid;
    EXPECT_LE(purged_.value, start.value);
    const std::vector<std::string> found = read(start.next());
    const std::vector<std::string> expected = written_from(start.next());
    ASSERT_GE(found.size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_EQ(found[i], expected[i]);
    for (std::size_t i = expected.size(); i < found.size(); ++i) EXPECT_THAT(offered_, Contains(found[i]));
  }

  std::vector<std::string> offered_;
  TxId purged_;
};

TEST_F(LocalLogFaults, io_error_at_each_operation) {
  fail_each_operation({.error = EIO});
}

TEST_F(LocalLogFaults, no_space_at_each_operation) {
  fail_each_operation({.error = ENOSPC});
}

TEST_F(LocalLogFaults, short_write_at_each_write) {
  fail_each_operation({.op = SimOp::kWrite, .error = EIO, .bytes_done = 512});
}

TEST_F(LocalLogFaults, failed_sync_at_each_sync) {
  fail_each_operation({.op = SimOp::kSync, .error = EIO});
}

TEST_F(LocalLogFaults, failed_sync_is_final) {
  open();
  append({100});
  world_.disk().inject({.op = SimOp::kSync, .path_part = "edits_", .error = EIO});
  EXPECT_EQ(try_append({source_.data({10})}).error().code(), ErrorCode::kIo);
  ASSERT_TRUE(log_->failure());
  EXPECT_EQ(try_append({source_.data({10})}).error().code(), ErrorCode::kIo) << "the disk is well again, but nothing is believed";
  EXPECT_EQ(world_.wait(log_->promise(Epoch{2}, Uuid{1, 1})).error().code(), ErrorCode::kIo);
  EXPECT_EQ(read(), written_) << "what was durable may still be read";
  EXPECT_EQ(world_.wait(log_->close()).error().code(), ErrorCode::kIo);
  kill_and_reopen();
}

// What a failed sync leaves in the page cache is not believed either: the reopened log has it on the disk, or not at all.
TEST_F(LocalLogFaults, what_a_failed_sync_left_is_made_durable_before_it_is_shown) {
  open();
  append({100});
  world_.disk().inject({.op = SimOp::kSync, .path_part = "edits_", .error = EIO});
  EXPECT_FALSE(try_append({source_.data({10})}));
  kill_and_reopen();
  const std::vector<std::string> shown = read();
  lose_power();
  open_and_commit();
  EXPECT_EQ(read(), shown);
}

TEST_F(LocalLogFaults, damage_is_reported_when_it_is_read) {
  open();
  append({100});
  roll();
  settle();
  world_.disk().flip_bits(path(finalized_name(TxId{1}, TxId{2})), kFramesOffset + 600);
  auto frames = try_read();
  ASSERT_FALSE(frames);
  EXPECT_EQ(frames.error().code(), ErrorCode::kDamaged);
  EXPECT_THAT(frames.error().text(), HasSubstr(finalized_name(TxId{1}, TxId{2})));
}

class LocalLogFullDisk : public LogFixture {
 protected:
  void fill_disk() { world_.disk().set_capacity(0); }
  void free_disk() { world_.disk().set_capacity(std::nullopt); }
};

TEST_F(LocalLogFullDisk, refuses_a_roll_that_has_no_prepared_segment_and_changes_nothing) {
  open();
  append({100});
  settle();
  fill_disk();
  roll();  // into the one that was prepared
  settle();
  const auto end = log_->end();
  const auto refused = try_append({source_.segment_start(), source_.data({10})});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::kNoSpace);
  EXPECT_FALSE(log_->failure());
  EXPECT_EQ(log_->end(), end);
  append({10});  // the segment in progress has its space
  free_disk();
  roll();
  EXPECT_EQ(read(), written_);
}

TEST_F(LocalLogFullDisk, says_once_that_it_cannot_prepare) {
  open();
  append({100});
  settle();
  fill_disk();
  roll();
  settle();
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(try_append({source_.segment_start()}));
  EXPECT_TRUE(world_.log_contains("preparing the next segment"));
}

TEST_F(LocalLogFullDisk, closes_without_new_space) {
  open();
  append({100});
  roll();
  fill_disk();
  close();
  open_and_commit();
  EXPECT_EQ(read(), written_);
}

TEST_F(LocalLogFullDisk, recovers_with_the_space_of_the_prepared_segment) {
  open();
  append({100});
  settle();
  kill();
  world_.disk().set_capacity(world_.disk().snapshot().used_bytes());
  open_and_commit();
  EXPECT_EQ(log_->recovery().segments_copied, 1u);
  EXPECT_EQ(read(), written_);
}

TEST_F(LocalLogFullDisk, recovers_with_the_reserve) {
  options_ = small_log(16u << 10);
  open();
  append({100});
  settle();
  kill();
  world_.disk().remove_file(path(std::string(kPreparedFile)));
  world_.disk().set_capacity(world_.disk().snapshot().used_bytes());
  open_and_commit();
  EXPECT_TRUE(world_.log_contains("reserve"));
  EXPECT_EQ(read(), written_);
  EXPECT_THAT(files(), Not(Contains(std::string(kReserveFile))));
  free_disk();
  kill_and_reopen();
  settle();
  EXPECT_THAT(files(), Contains(std::string(kReserveFile))) << "made again when there is space";
}

TEST_F(LocalLogFullDisk, refuses_to_open_without_any_space_and_keeps_what_is_there) {
  open();
  append({100});
  settle();
  kill();
  world_.disk().remove_file(path(std::string(kPreparedFile)));
  world_.disk().set_capacity(world_.disk().snapshot().used_bytes());
  EXPECT_EQ(open_fails()->code(), ErrorCode::kNoSpace);
  free_disk();
  open_and_commit();
  EXPECT_EQ(read(), written_);
}

TEST_F(LocalLogFullDisk, keeps_the_reserve_free_of_segments) {
  options_ = small_log(64u << 10);
  world_.disk().set_capacity(world_.disk().snapshot().used_bytes() + (40u << 10));
  open();
  settle();
  const auto refused = try_append({source_.segment_start()});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::kNoSpace) << "16 KiB would fit, but not with the reserve";
}

TEST_F(LocalLogFullDisk, read_only_disk_is_one_clear_line) {
  open();
  append({100});
  close();
  world_.disk().set_read_only(true);
  EXPECT_EQ(open_fails()->code(), ErrorCode::kReadOnly);
  world_.disk().set_read_only(false);
  open_and_commit();
  EXPECT_EQ(read(), written_);
}

}  // namespace
}  // namespace varve
