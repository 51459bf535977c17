// What one of several copies of a log does besides: cutting, beginning anew, growing, saying which configuration and which frames it has.
#include "tests/editlog/log_fixture.h"

namespace varve {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class CopyOfLog : public LogFixture {
 protected:
  // Stored, and not known to be committed. The frames' headers say nothing of it either.
  LogPosition store(std::vector<FramePtr> frames) {
    take(world_.wait(log_->append(frames)));
    log_->check_invariants();
    for (const FramePtr& frame : frames) note(frame);
    return log_->end();
  }
  void open_quiet() {
    open();
    source_.set_committed(log_->committed().txid);
  }
  void reopen() {
    kill();
    open_quiet();
  }
  void cut(LogPosition to) {
    take(world_.wait(log_->cut(to)));
    log_->check_invariants();
    source_ = FrameSource(log_->end());
    source_.set_committed(log_->committed().txid);
    while (!last_txids_.empty() && last_txids_.back() > to.txid) {
      written_.pop_back();
      last_txids_.pop_back();
    }
  }
  std::vector<std::string> read_on(LogReader& reader) {
    std::vector<std::string> frames;
    while (true) {
      const auto views = take(world_.wait(reader.next()));
      if (views.empty()) return frames;
      for (const FrameView& view : views) frames.push_back(line_of(*view.header, view.bytes()));
    }
  }
  std::vector<std::string> read_durable(TxId from = TxId{1}) {
    auto reader = take(world_.wait(log_->read_durable(from)));
    return read_on(*reader);
  }
  FramePtr configuration(std::uint32_t copies) {
    configuration_.txid = source_.end().txid.next();
    configuration_.min_copies = copies;
    return source_.seal(FrameKind::kConfiguration, false, {encode(configuration_)});
  }
  FramePtr segment_start_with_configuration() {
    return source_.seal(FrameKind::kSegmentStart, true, {encode(SegmentStart{.schema_name = "test", .configuration = configuration_})});
  }
  void expect_configurations(TxId newest, TxId committed) {
    EXPECT_EQ(log_->configuration().txid, newest);
    EXPECT_EQ(log_->committed_configuration().txid, committed);
  }
  void fill_disk() { world_.disk().set_capacity(0); }
  std::optional<LogPosition> find(std::uint64_t txid) { return take(world_.wait(log_->find(TxId{txid}))); }

  Configuration configuration_;
};

TEST_F(CopyOfLog, begins_with_the_configuration_of_its_start) {
  open_quiet();
  expect_configurations(TxId{0}, TxId{0});
  EXPECT_EQ(log_->configuration().bytes, encode(Configuration{}));
}

TEST_F(CopyOfLog, follows_its_configurations) {
  open_quiet();
  store({source_.segment_start(), configuration(2)});
  const LogPosition second = store({configuration(3)});
  expect_configurations(TxId{3}, TxId{0});
  EXPECT_EQ(log_->configuration().bytes, encode(configuration_));
  log_->set_committed(second);
  expect_configurations(TxId{3}, TxId{3});
  reopen();
  expect_configurations(TxId{3}, TxId{0});
}

TEST_F(CopyOfLog, cut_takes_configurations_back) {
  open_quiet();
  const LogPosition first = store({source_.segment_start(), configuration(2)});
  store({configuration(3)});
  cut(first);
  expect_configurations(TxId{2}, TxId{0});
  reopen();
  expect_configurations(TxId{2}, TxId{0});
}

TEST_F(CopyOfLog, finds_the_configuration_of_a_finalized_segment_in_the_next_ones_start) {
  open_quiet();
  store({source_.segment_start(), configuration(2)});
  store({segment_start_with_configuration()});
  log_->set_committed(log_->end());
  settle();
  ASSERT_THAT(files(), Contains(finalized_name(TxId{1}, TxId{2})));
  reopen();
  expect_configurations(TxId{2}, TxId{2});
  EXPECT_EQ(log_->configuration().bytes, encode(configuration_));
}

TEST_F(CopyOfLog, a_segment_goes_on_when_the_one_behind_it_is_taken_back) {
  open_quiet();
  const LogPosition end = store({source_.segment_start(), configuration(2)});
  store({segment_start_with_configuration()});
  log_->set_committed(end);
  settle();
  cut(end);
  EXPECT_FALSE(log_->needs_segment());
  reopen();
  EXPECT_FALSE(log_->needs_segment());
  expect_configurations(TxId{2}, TxId{0});  // no frame behind it says that it is committed
}

TEST_F(CopyOfLog, configuration_below_a_purge_is_the_starts) {
  open_quiet();
  store({source_.segment_start(), configuration(2)});
  store({segment_start_with_configuration()});
  log_->set_committed(log_->end());
  settle();
  take(world_.wait(log_->purge(TxId{2})));
  expect_configurations(TxId{2}, TxId{2});
  EXPECT_EQ(log_->start().configuration, encode(configuration_));
  reopen();
  expect_configurations(TxId{2}, TxId{2});
}

TEST_F(CopyOfLog, names_the_end_of_each_epoch) {
  open_quiet();
  const LogPosition committed = store({source_.segment_start()});
  const LogPosition first = store({source_.data({1}), source_.data({2})});
  const LogPosition second = store({source_.epoch_start(), source_.data({3})});
  log_->set_committed(committed);
  EXPECT_THAT(log_->branches(), ElementsAre(committed, first, second));
  log_->set_committed(second);
  EXPECT_THAT(log_->branches(), ElementsAre(second));
}

TEST_F(CopyOfLog, finds_the_frame_that_ends_at_a_txid) {
  open_quiet();
  const LogPosition first = store({source_.segment_start()});
  const LogPosition second = store({source_.data({1, 2, 3})});
  const LogPosition third = store({source_.data({900})});
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(find(0), log_->start().position);
    EXPECT_EQ(find(1), first);
    EXPECT_EQ(find(2), std::nullopt);
    EXPECT_EQ(find(4), second);
    EXPECT_EQ(find(5), third);
    EXPECT_EQ(find(6), std::nullopt);
    log_->set_committed(third);
  }
}

TEST_F(CopyOfLog, finds_frames_of_finalized_segments) {
  open_quiet();
  store({source_.segment_start()});
  const LogPosition inside = store({source_.data({5, 6})});
  store({source_.data({7})});
  store({source_.segment_start()});
  log_->set_committed(log_->end());
  settle();
  EXPECT_EQ(find(3), inside);
  EXPECT_EQ(find(2), std::nullopt);
}

TEST_F(CopyOfLog, reads_up_to_the_end_what_is_not_committed) {
  open_quiet();
  store({source_.segment_start(), source_.data({10})});
  store({source_.segment_start(), source_.data({20})});
  EXPECT_THAT(read(), IsEmpty());
  EXPECT_EQ(read_durable(), written_);
  auto reader = take(world_.wait(log_->read_durable(TxId{1})));
  read_on(*reader);
  store({source_.data({30})});
  EXPECT_EQ(read_on(*reader), written_from(TxId{5}));
}

TEST_F(CopyOfLog, cuts_inside_the_segment_in_progress) {
  open_quiet();
  store({source_.segment_start(), source_.data({10})});
  const LogPosition to = store({source_.data({700})});
  store({source_.data({20})});
  cut(to);
  EXPECT_EQ(log_->end(), to);
  store({source_.data({30})});
  EXPECT_EQ(read_durable(), written_);
  reopen();
  EXPECT_EQ(read_durable(), written_);
}

TEST_F(CopyOfLog, cuts_whole_segments) {
  open_quiet();
  const LogPosition to = store({source_.segment_start(), source_.data({10})});
  store({source_.segment_start(), source_.data({20})});
  store({source_.segment_start()});
  cut(to);
  EXPECT_THAT(log_->segments(), SizeIs(1));
  EXPECT_FALSE(log_->needs_segment());
  store({source_.data({30})});
  EXPECT_EQ(read_durable(), written_);
  reopen();
  EXPECT_EQ(read_durable(), written_);
}

TEST_F(CopyOfLog, cuts_down_to_its_start) {
  open_quiet();
  store({source_.segment_start(), source_.data({10})});
  cut(log_->start().position);
  EXPECT_THAT(log_->segments(), IsEmpty());
  EXPECT_TRUE(log_->needs_segment());
  store({source_.segment_start()});
  reopen();
  EXPECT_EQ(read_durable(), written_);
}

TEST_F(CopyOfLog, never_marks_above_a_cut) {
  open_quiet();
  const LogPosition to = store({source_.segment_start(), source_.data({10})});
  store({source_.data({20})});
  take(world_.wait(log_->write_mark()));
  store({source_.data({30})});
  cut(to);
  world_.run_for(options_.mark_delay * 3);
  log_->check_invariants();
  reopen();
  EXPECT_EQ(log_->end(), to);
}

TEST_F(CopyOfLog, mark_asked_for_during_a_cut_is_not_above_it) {
  open_quiet();
  const LogPosition to = store({source_.segment_start(), source_.data({10})});
  store({source_.data({20})});
  auto cutting = log_->cut(to);
  auto marking = log_->write_mark();
  take(world_.wait(kj::mv(cutting)));
  take(world_.wait(kj::mv(marking)));
  log_->check_invariants();
  reopen();
  EXPECT_EQ(log_->end(), to);
}

TEST_F(CopyOfLog, readers_of_committed_frames_go_on_across_a_cut) {
  open_quiet();
  const LogPosition committed = store({source_.segment_start(), source_.data({10})});
  const LogPosition to = store({source_.data({20})});
  store({source_.data({30}), source_.data({40})});
  log_->set_committed(committed);
  auto reader = take(world_.wait(log_->read(TxId{1})));
  EXPECT_EQ(read_on(*reader), std::vector(written_.begin(), written_.begin() + 2));
  cut(to);
  store({source_.data({50}), source_.data({600})});
  log_->set_committed(log_->end());
  EXPECT_EQ(read_on(*reader), written_from(TxId{3}));
}

TEST_F(CopyOfLog, reader_of_frames_that_are_cut_is_told) {
  open_quiet();
  const LogPosition to = store({source_.segment_start(), source_.data({10})});
  store({source_.data({20})});
  auto above = take(world_.wait(log_->read_durable(TxId{1})));
  read_on(*above);
  auto below = take(world_.wait(log_->read_durable(TxId{1})));
  cut(to);
  store({source_.data({30})});
  const auto next = world_.wait(above->next());
  ASSERT_FALSE(next);
  EXPECT_EQ(next.error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(read_on(*below), written_);
}

TEST_F(CopyOfLog, cut_on_a_full_disk_takes_the_prepared_file) {
  options_ = small_log(64u << 10);
  open_quiet();
  settle();
  const LogPosition to = store({source_.segment_start(), source_.data({10})});
  store({source_.data({20})});
  settle();
  fill_disk();
  cut(to);
  EXPECT_EQ(read_durable(), written_);
}

TEST_F(CopyOfLog, takes_frames_that_do_not_fit_into_its_segment) {
  open_quiet();
  store({source_.segment_start(), source_.data({10})});
  const std::uint64_t bytes = log_->disk_bytes();
  store({source_.data({5000}), source_.data({9000})});
  EXPECT_GE(log_->disk_bytes(), 2 * bytes);
  store({source_.data({100u << 10})});
  EXPECT_THAT(log_->segments(), SizeIs(1));
  EXPECT_EQ(read_durable(), written_);
  reopen();
  EXPECT_EQ(read_durable(), written_);
}

TEST_F(CopyOfLog, grows_and_rolls_in_one_append) {
  open_quiet();
  store({source_.segment_start(), source_.data({10})});
  store({source_.data({20000}), source_.segment_start(), source_.data({50}), source_.segment_start()});
  EXPECT_THAT(log_->segments(), SizeIs(3));
  EXPECT_EQ(read_durable(), written_);
}

TEST_F(CopyOfLog, reader_follows_a_segment_that_grows) {
  open_quiet();
  store({source_.segment_start(), source_.data({10})});
  log_->set_committed(log_->end());
  auto reader = take(world_.wait(log_->read(TxId{1})));
  EXPECT_EQ(read_on(*reader), written_);
  store({source_.data({20000})});
  log_->set_committed(log_->end());
  EXPECT_EQ(read_on(*reader), written_from(TxId{3}));
}

TEST_F(CopyOfLog, refuses_to_grow_on_a_full_disk_and_goes_on) {
  open_quiet();
  store({source_.segment_start(), source_.data({10})});
  settle();
  fill_disk();
  const auto refused = world_.wait(log_->append({source_.data({20000})}));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::kNoSpace);
  EXPECT_FALSE(log_->failure());
  source_ = FrameSource(log_->end());
  store({source_.data({30})});
  EXPECT_EQ(read_durable(), written_);
}

class RestartedLog : public CopyOfLog {
 protected:
  static LogStart start_at(std::uint64_t txid) {
    Configuration configuration;
    configuration.min_copies = 7;
    return {{TxId{txid}, Epoch{4}, Digest{1, txid}}, encode(configuration)};
  }
  void restart(LogStart start) {
    take(world_.wait(log_->restart(start)));
    log_->check_invariants();
    source_ = FrameSource(start.position);
    written_.clear();
    last_txids_.clear();
  }
};

TEST_F(RestartedLog, begins_anew_above_what_it_held) {
  open_quiet();
  store({source_.segment_start(), source_.data({10})});
  store({source_.segment_start()});
  restart(start_at(100));
  EXPECT_EQ(log_->end(), start_at(100).position);
  EXPECT_EQ(log_->configuration().bytes, start_at(100).configuration);
  EXPECT_THAT(log_->segments(), IsEmpty());
  store({source_.segment_start(), source_.data({20})});
  EXPECT_EQ(read_durable(TxId{101}), written_);
  reopen();
  EXPECT_EQ(log_->start().position, start_at(100).position);
  EXPECT_EQ(read_durable(TxId{101}), written_);
}

TEST_F(RestartedLog, begins_anew_inside_what_it_held) {
  open_quiet();
  const LogPosition committed = store({source_.segment_start()});
  store({source_.data({1, 2, 3})});
  store({source_.segment_start(), source_.data({5})});
  log_->set_committed(committed);
  restart(start_at(3));
  reopen();
  EXPECT_EQ(log_->end(), start_at(3).position);
  EXPECT_THAT(log_->segments(), IsEmpty());
}

TEST_F(RestartedLog, keeps_its_promise) {
  open_quiet();
  take(world_.wait(log_->promise(Epoch{9}, Uuid{1, 1})));
  store({source_.segment_start()});
  restart(start_at(50));
  reopen();
  EXPECT_EQ(log_->promised(), Epoch{9});
}

TEST_F(RestartedLog, readers_of_the_old_log_are_told) {
  open_quiet();
  store({source_.segment_start(), source_.data({10})});
  log_->set_committed(log_->end());
  auto reader = take(world_.wait(log_->read(TxId{1})));
  restart(start_at(50));
  const auto next = world_.wait(reader->next());
  ASSERT_FALSE(next);
  EXPECT_EQ(next.error().code(), ErrorCode::kNotFound);
}

// Old files above the new start, which even follow it by their numbers.
TEST_F(RestartedLog, unfinished_restart_is_finished) {
  open_quiet();
  store({source_.segment_start(), source_.data({10})});
  store({source_.segment_start(), source_.data({20})});
  kill();
  {
    auto directory = take(world_.wait(world_.disk().open_directory(kLogPath)));
    auto slots = take(world_.wait(Slots::open(*directory)));
    SlotState state = slots->state();
    state.start = start_at(2);
    state.mark = state.start.position;
    state.restarting = true;
    take(world_.wait(slots->store(state)));
  }
  open_quiet();
  EXPECT_EQ(log_->end(), start_at(2).position);
  EXPECT_THAT(files(), Not(Contains(in_progress_name(TxId{3}))));
  source_ = FrameSource(log_->end());
  written_.clear();
  last_txids_.clear();
  store({source_.segment_start()});
  reopen();
  EXPECT_EQ(read_durable(TxId{3}), written_);
}

}  // namespace
}  // namespace varve
