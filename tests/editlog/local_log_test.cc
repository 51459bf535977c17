#include "editlog/local_log.h"

#include "tests/editlog/log_fixture.h"

namespace varve {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

using LocalLogTest = LogFixture;

TEST_F(LocalLogTest, is_empty_when_new) {
  open();
  EXPECT_TRUE(log_->needs_segment());
  EXPECT_EQ(log_->end(), new_log_state().start.position);
  EXPECT_EQ(log_->committed(), log_->end());
  EXPECT_EQ(log_->promised(), Epoch{0});
  EXPECT_THAT(log_->segments(), IsEmpty());
  EXPECT_THAT(read(), IsEmpty());
}

TEST_F(LocalLogTest, gives_back_what_was_appended) {
  open();
  append({100});
  append({0, 1, 2, 3000});
  append_frames({source_.data({7}), source_.epoch_start(), source_.data({8, 9})});
  EXPECT_EQ(read(), written_);
  EXPECT_EQ(read(TxId{4}), written_from(TxId{4}));
}

TEST_F(LocalLogTest, shows_readers_committed_frames_only) {
  open();
  const FramePtr start = source_.segment_start();
  const FramePtr first = source_.data({10});
  const FramePtr second = source_.data({20});
  take(world_.wait(log_->append({start, first, second})));
  EXPECT_THAT(read(), IsEmpty());
  log_->set_committed(first->header().position());
  EXPECT_THAT(read(), ElementsAre(line_of(start), line_of(first)));
  log_->check_invariants();
}

TEST_F(LocalLogTest, continues_after_a_clean_close_without_a_copy) {
  open();
  append({100});
  close();
  open_and_commit();
  EXPECT_EQ(log_->recovery().segments_copied, 0u);
  append({200});
  EXPECT_EQ(read(), written_);
}

TEST_F(LocalLogTest, copies_what_stands_above_the_mark_after_a_kill) {
  open();
  append({100});
  kill();
  open_and_commit();
  EXPECT_EQ(log_->recovery().segments_copied, 1u);
  EXPECT_EQ(log_->recovery().torn_bytes_cut, 0u);
  EXPECT_EQ(read(), written_);
}

TEST_F(LocalLogTest, keeps_everything_acknowledged_when_the_power_fails) {
  open();
  append({100});
  roll();
  append({200});
  lose_power();
  open_and_commit();
  EXPECT_EQ(read(), written_);
}

TEST_F(LocalLogTest, marks_its_end_when_idle) {
  open();
  append({100});
  world_.run_for(options_.mark_delay * 2);
  kill();
  open_and_commit();
  EXPECT_EQ(log_->recovery().segments_copied, 0u);
}

TEST_F(LocalLogTest, puts_the_mark_off_while_frames_come) {
  open();
  append({100});
  for (int i = 0; i < 5; ++i) {
    world_.run_for(options_.mark_delay / 2);
    append({100});
  }
  kill();
  open_and_commit();
  EXPECT_EQ(log_->recovery().segments_copied, 1u);
}

TEST_F(LocalLogTest, finalizes_a_segment_once_the_first_frame_of_the_next_one_is_committed) {
  open();
  append({100});
  const FramePtr rolled = source_.segment_start();
  take(world_.wait(log_->append({rolled})));
  settle();
  EXPECT_THAT(files(), Contains(in_progress_name(TxId{1})));
  log_->set_committed(rolled->header().position());
  settle();
  EXPECT_THAT(files(), Contains(finalized_name(TxId{1}, TxId{2})));
  EXPECT_THAT(files(), Contains(in_progress_name(TxId{3})));
  EXPECT_THAT(log_->segments(), SizeIs(2));
}

TEST_F(LocalLogTest, keeps_a_rolled_segment_in_progress_while_it_is_not_committed) {
  open();
  const FramePtr start = source_.segment_start();
  const FramePtr second = source_.segment_start();
  take(world_.wait(log_->append({start})));
  take(world_.wait(log_->append({second})));
  settle();
  EXPECT_THAT(files(), AllOf(Contains(in_progress_name(TxId{1})), Contains(in_progress_name(TxId{2}))));
  kill();
  open();
  settle();
  EXPECT_THAT(files(), AllOf(Contains(in_progress_name(TxId{1})), Contains(in_progress_name(TxId{2}))));
  log_->set_committed(log_->end());
  settle();
  EXPECT_THAT(files(), AllOf(Contains(finalized_name(TxId{1}, TxId{1})), Contains(in_progress_name(TxId{2}))));
}

TEST_F(LocalLogTest, opens_several_segments_in_one_append) {
  open();
  append_frames({source_.segment_start(), source_.data({10}), source_.segment_start(), source_.data({20}), source_.segment_start()});
  settle();
  EXPECT_THAT(log_->segments(), SizeIs(3));
  EXPECT_EQ(read(), written_);
  kill_and_reopen();
  EXPECT_EQ(read(), written_);
}

TEST_F(LocalLogTest, gives_a_large_frame_a_segment_of_its_size) {
  open();
  append({100});
  append_frames({source_.segment_start(), source_.data({3u << 20})});
  EXPECT_GT(log_->segments().back().bytes, 3u << 20);
  roll();
  settle();
  EXPECT_EQ(read(), written_);
  kill_and_reopen();
  EXPECT_EQ(read(), written_);
}

TEST_F(LocalLogTest, has_the_space_that_it_says) {
  open();
  append({10});
  const std::uint64_t space = log_->segment_space();
  append({space - sizeof(FrameHeader) - 8 - 8});
  EXPECT_EQ(log_->segment_space(), 0u);
  roll();
  kill_and_reopen();
  EXPECT_EQ(read(), written_);
}

TEST_F(LocalLogTest, rolls_into_a_segment_prepared_ahead_without_new_space) {
  open();
  append({100});
  settle();
  world_.disk().set_capacity(0);
  roll();
  EXPECT_EQ(read(), written_);
}

TEST_F(LocalLogTest, reads_on_while_the_log_grows_and_rolls) {
  open();
  append({100});
  auto reader = take(world_.wait(log_->read(TxId{1})));
  std::vector<std::string> seen;
  for (int i = 0; i < 6; ++i) {
    while (true) {
      const auto frames = take(world_.wait(reader->next()));
      if (frames.empty()) break;
      for (const FrameView& frame : frames) seen.push_back(line_of(*frame.header, frame.bytes()));
    }
    EXPECT_EQ(seen, written_);
    if (i % 2 == 0) roll();
    append({200});
    settle();
  }
}

TEST_F(LocalLogTest, reads_from_any_transaction) {
  open();
  for (int i = 0; i < 4; ++i) {
    roll();
    append({1000, 1000, 1000});
  }
  settle();
  for (TxId txid{1}; txid <= log_->end().txid; txid = txid.next()) EXPECT_EQ(read(txid), written_from(txid)) << txid.value;
  EXPECT_THAT(read(log_->end().txid.next()), IsEmpty());
  EXPECT_EQ(try_read(TxId{log_->end().txid.value + 2}).error().code(), ErrorCode::kNotFound);
}

TEST_F(LocalLogTest, keeps_a_promise) {
  open();
  take(world_.wait(log_->promise(Epoch{4}, Uuid{1, 2})));
  EXPECT_EQ(log_->promised(), Epoch{4});
  take(world_.wait(log_->promise(Epoch{4}, Uuid{1, 2})));
  lose_power();
  open();
  EXPECT_EQ(log_->promised(), Epoch{4});
  EXPECT_EQ(log_->promised_to(), (Uuid{1, 2}));
}

TEST_F(LocalLogTest, purges_whole_finalized_segments) {
  open();
  for (int i = 0; i < 3; ++i) roll();
  settle();
  EXPECT_EQ(take(world_.wait(log_->purge(TxId{1}))), 0u);
  EXPECT_GT(take(world_.wait(log_->purge(TxId{5}))), 0u);
  EXPECT_EQ(log_->start().position.txid, TxId{4});
  EXPECT_EQ(log_->start().configuration, encode(Configuration{}));
  EXPECT_EQ(read(TxId{5}), written_from(TxId{5}));
  EXPECT_EQ(try_read(TxId{4}).error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(take(world_.wait(log_->purge(TxId{1000}))), 0u);
  EXPECT_EQ(log_->start().position.txid, TxId{4}) << "the newest segment stays";
  log_->check_invariants();
  lose_power();
  open_and_commit();
  EXPECT_EQ(log_->start().position.txid, TxId{4});
  EXPECT_EQ(read(TxId{5}), written_from(TxId{5}));
}

TEST_F(LocalLogTest, lets_a_reader_finish_the_segment_that_a_purge_removes) {
  options_.segment_bytes = 4u << 20;
  open();
  for (int i = 0; i < 3; ++i) append({900'000});
  const TxId purged = log_->end().txid;
  roll();
  settle();
  auto standing = take(world_.wait(log_->read(TxId{1})));
  auto late = take(world_.wait(log_->read(TxId{1})));
  std::size_t seen = take(world_.wait(standing->next())).size();
  EXPECT_LT(seen, 4u) << "it stands inside the segment";
  EXPECT_GT(take(world_.wait(log_->purge(purged))), 0u);
  while (true) {
    const auto frames = take(world_.wait(standing->next()));
    if (frames.empty()) break;
    seen += frames.size();
  }
  EXPECT_EQ(seen, written_.size());
  EXPECT_EQ(world_.wait(late->next()).error().code(), ErrorCode::kNotFound);
}

TEST_F(LocalLogTest, refuses_a_second_opener) {
  open();
  EXPECT_EQ(open_fails()->code(), ErrorCode::kLocked);
  close();
  open();
}

TEST_F(LocalLogTest, refuses_a_second_format) {
  EXPECT_EQ(world_.wait(format_test_log(world_)).error().code(), ErrorCode::kExists);
  open();
  append({100});
  close();
  EXPECT_EQ(world_.wait(format_test_log(world_)).error().code(), ErrorCode::kExists);
}

TEST_F(LocalLogTest, refuses_work_once_closed) {
  open();
  append({100});
  take(world_.wait(log_->close()));
  take(world_.wait(log_->close()));
  EXPECT_EQ(world_.wait(log_->append({source_.data({1})})).error().code(), ErrorCode::kClosed);
  EXPECT_EQ(world_.wait(log_->promise(Epoch{9}, Uuid{1, 1})).error().code(), ErrorCode::kClosed);
  EXPECT_EQ(world_.wait(log_->read(TxId{1})).error().code(), ErrorCode::kClosed);
}

TEST_F(LocalLogTest, waits_for_the_append_under_way_when_closing) {
  open();
  world_.disk().set_latency({.write = std::chrono::milliseconds(5), .sync = std::chrono::milliseconds(5)});
  const std::vector<FramePtr> frames{source_.segment_start(), source_.data({10})};
  auto appended = log_->append(frames).fork();
  take(world_.wait(log_->close()));
  take(world_.wait(appended.addBranch()));
  world_.disk().set_latency({});
  log_ = nullptr;
  open_and_commit();
  EXPECT_THAT(read(), SizeIs(2));
  EXPECT_EQ(log_->recovery().segments_copied, 0u);
}

TEST_F(LocalLogTest, reports_foreign_names_and_leaves_them) {
  world_.disk().write_all(path("notes.txt"), as_bytes("mine"));
  open();
  EXPECT_THAT(log_->recovery().ignored, ElementsAre("notes.txt"));
  close();
  EXPECT_EQ(content("notes.txt"), "mine");
}

TEST_F(LocalLogTest, gives_the_same_segment_for_the_same_frames) {
  open();
  append({100});
  append_frames({source_.segment_start()});
  settle();
  const std::string name = finalized_name(TxId{1}, TxId{2});
  const std::string once = content(name);
  close();
  for (const std::string& file : files()) world_.disk().remove_file(path(file));
  take(world_.wait(format_test_log(world_)));
  open();
  append({100});
  kill();  // and through a recovery copy
  open_and_commit();
  append_frames({source_.segment_start()});
  settle();
  EXPECT_EQ(content(name), once);
}

}  // namespace
}  // namespace varve
