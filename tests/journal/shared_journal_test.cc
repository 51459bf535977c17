// The journal in a shared directory: reigns that follow each other, reigns that overlap, and what readers see of them.
#include "journal/shared_journal.h"

#include <gmock/gmock.h>

#include "tests/journal/shared_fixture.h"

namespace varve {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

class SharedJournalTest : public SharedFixture {};

TEST_F(SharedJournalTest, a_new_journal_has_one_namespace_for_all) {
  open(0);
  open(1);
  EXPECT_FALSE(at(0).journal->namespace_id().is_nil());
  EXPECT_EQ(at(0).journal->namespace_id(), at(1).journal->namespace_id());
  EXPECT_EQ(at(0).journal->start(), at(1).journal->start());
}

TEST_F(SharedJournalTest, processes_that_format_at_once_agree) {
  world_.disk().set_latency({.names = std::chrono::milliseconds(1), .jitter_percent = 100});
  std::vector<kj::Promise<Result<kj::Own<SharedJournal>>>> opening;
  for (int i = 0; i < 3; ++i) opening.push_back(SharedJournal::open(world_.seams(), kPath, options_, roll_));
  std::set<Uuid> namespaces;
  for (auto& promise : opening) {
    auto journal = world_.wait(kj::mv(promise));
    ASSERT_TRUE(journal) << journal.error().text();
    namespaces.insert((*journal)->namespace_id());
  }
  EXPECT_EQ(namespaces.size(), 1u);
}

TEST_F(SharedJournalTest, a_reign_starts_its_epoch_and_appends) {
  lead(0);
  append(0, {"a", "b"});
  EXPECT_THAT(read_all(0), ElementsAre("S2", "E2", "a", "b"));
}

TEST_F(SharedJournalTest, the_next_reign_continues_the_log_in_files_of_its_own) {
  lead(0);
  append(0, {"a"});
  kill(0);
  lead(1);
  append(1, {"b"});
  EXPECT_THAT(read_all(1), ElementsAre("S2", "E2", "a", "E3", "b"));
  EXPECT_THAT(segments_of(3), ElementsAre(StartsWith("edits_inprogress_")));
}

TEST_F(SharedJournalTest, finalized_segments_stay_where_they_are) {
  lead(0);
  append(0, {"a"});
  at(0).writer->roll();
  append(0, {"b"});
  world_.run_for(std::chrono::milliseconds(10));
  kill(0);
  lead(1);
  EXPECT_THAT(read_all(1), ElementsAre("S2", "E2", "a", "S2", "b", "E3"));
  EXPECT_THAT(segments_of(3), ElementsAre("edits_inprogress_0000000000000000004"));
}

TEST_F(SharedJournalTest, a_successor_deposes_a_living_writer) {
  lead(0);
  append(0, {"a"});
  lead(1);
  const Error error = append_fails(0, "late");
  EXPECT_EQ(error.code(), ErrorCode::kOutcomeUnknown);
  ASSERT_TRUE(error.ticket());
  EXPECT_EQ(append_fails(0, "later").code(), ErrorCode::kFenced);
  append(1, {"b"});
  EXPECT_THAT(read_all(1), ElementsAre("S2", "E2", "a", "E3", "b"));
  auto outcome = world_.wait(at(1).journal->outcome(*error.ticket()));
  ASSERT_TRUE(outcome) << outcome.error().text();
  EXPECT_EQ(*outcome, Outcome::kNever);
}

TEST_F(SharedJournalTest, an_idle_writer_learns_that_it_is_deposed) {
  lead(0);
  auto over = at(0).writer->when_over();
  lead(1);
  EXPECT_EQ(world_.wait(kj::mv(over)).code(), ErrorCode::kFenced);
  EXPECT_EQ(append_fails(0, "late").code(), ErrorCode::kFenced);
}

TEST_F(SharedJournalTest, what_was_synced_and_not_acknowledged_may_be_committed_by_the_successor) {
  lead(0);
  world_.disk().inject({.op = SimOp::kList, .path_part = "epochs", .error = EIO});
  const Error error = append_fails(0, "half");
  ASSERT_EQ(error.code(), ErrorCode::kOutcomeUnknown) << error.text();
  lead(1);
  EXPECT_THAT(read_all(1), ElementsAre("S2", "E2", "half", "E3"));
  auto outcome = world_.wait(at(1).journal->outcome(*error.ticket()));
  ASSERT_TRUE(outcome) << outcome.error().text();
  EXPECT_EQ(*outcome, Outcome::kCommitted);
}

TEST_F(SharedJournalTest, an_outcome_is_unknown_until_a_later_reign_has_begun) {
  lead(0);
  world_.disk().inject({.op = SimOp::kList, .path_part = "epochs", .error = EIO});
  const Error error = append_fails(0, "half");
  open(1);
  auto outcome = world_.wait(at(1).journal->outcome(*error.ticket()));
  ASSERT_TRUE(outcome) << outcome.error().text();
  EXPECT_EQ(*outcome, Outcome::kUnknownYet);
}

TEST_F(SharedJournalTest, two_that_stand_at_once_never_both_reign) {
  world_.disk().set_latency({.write = std::chrono::microseconds(300), .names = std::chrono::milliseconds(1), .jitter_percent = 100});
  open(0);
  open(1);
  auto first = stand(0);
  auto second = stand(1);
  auto a = world_.wait(kj::mv(first));
  auto b = world_.wait(kj::mv(second));
  ASSERT_TRUE(a || b);
  if (a && b) {
    EXPECT_NE((*a)->epoch(), (*b)->epoch());
  }
  if (a) at(0).writer = kj::mv(*a);
  if (b) at(1).writer = kj::mv(*b);
  const int winner = b && (!a || at(1).writer->epoch() > at(0).writer->epoch()) ? 1 : 0;
  append(winner, {"won"});
  if (a && b) {
    EXPECT_NE(append_fails(1 - winner, "lost").code(), ErrorCode::kBusy);
  }
  EXPECT_THAT(read_all(winner), Contains("won"));
}

TEST_F(SharedJournalTest, a_reader_elsewhere_sees_only_what_was_announced) {
  lead(0);
  open(1);
  auto tail = reader(1, at(1).journal->start());
  EXPECT_THAT(read(*tail), ElementsAre("S2", "E2"));
  append(0, {"a"});
  EXPECT_THAT(read(*tail), IsEmpty()) << "nobody but its writer knows that it is committed";
  append(0, {"b"});
  EXPECT_THAT(read(*tail), ElementsAre("a"));
  world_.run_for(std::chrono::seconds(2));
  EXPECT_THAT(read(*tail), ElementsAre("b")) << "an idle writer announces its end";
}

TEST_F(SharedJournalTest, a_reader_does_not_see_what_was_synced_but_never_checked) {
  lead(0);
  append(0, {"a"});
  open(2);
  lead(1);
  EXPECT_EQ(append_fails(0, "late").code(), ErrorCode::kOutcomeUnknown);
  world_.run_for(std::chrono::seconds(2));
  append(1, {"b"});
  append(1, {"c"});
  EXPECT_THAT(read_all(2), ElementsAre("S2", "E2", "a", "E3", "b"));
}

TEST_F(SharedJournalTest, a_reader_follows_across_rolls_and_epochs) {
  lead(0);
  open(2);
  auto tail = reader(2, at(2).journal->start());
  std::vector<std::string> seen;
  for (int i = 0; i < 6; ++i) {
    if (i == 3) lead(1);
    const int writer = i < 3 ? 0 : 1;
    append(writer, {fmt::format("t{}", i)});
    at(writer).writer->roll();
    for (std::string& line : read(*tail)) seen.push_back(std::move(line));
  }
  world_.run_for(std::chrono::seconds(2));
  for (std::string& line : read(*tail)) seen.push_back(std::move(line));
  EXPECT_THAT(seen, ElementsAre("S2", "E2", "t0", "S2", "t1", "S2", "t2", "E3", "t3", "S3", "t4", "S3", "t5"));
}

TEST_F(SharedJournalTest, what_a_reign_left_unfinished_is_passed_over) {
  lead(0);
  append(0, {"a"});
  kill(0);
  world_.disk().write_all(epoch_path(3), {});  // died right after it took the epoch
  lead(1);
  EXPECT_EQ(at(1).writer->epoch(), Epoch{4});
  EXPECT_THAT(read_all(1), ElementsAre("S2", "E2", "a", "E4"));
}

TEST_F(SharedJournalTest, a_torn_end_of_the_older_epoch_is_cut) {
  lead(0);
  append(0, {"a"});
  world_.disk().inject({.op = SimOp::kWrite, .path_part = "edits_", .error = EIO, .bytes_done = 1024});
  EXPECT_EQ(append_fails(0, std::string(2000, 'x')).code(), ErrorCode::kOutcomeUnknown);
  lead(1);
  EXPECT_THAT(read_all(1), ElementsAre("S2", "E2", "a", "E3"));
}

TEST_F(SharedJournalTest, the_copy_holds_frames_larger_than_a_segment) {
  lead(0);
  append(0, {std::string(300'000, 'x')});
  append(0, {"b"});
  kill(0);
  lead(1);
  append(1, {"c"});
  EXPECT_THAT(read_all(1), ElementsAre("S2", "E2", "S2", "xxxxxxxx", "b", "E3", "c"));
}

TEST_F(SharedJournalTest, purging_takes_whole_segments_and_epochs) {
  for (int reign = 0; reign < 3; ++reign) {
    lead(0);
    append(0, {"a"});
    at(0).writer->roll();
    append(0, {"b"});
    world_.run_for(std::chrono::milliseconds(10));
    kill(0);
  }
  lead(0);
  const TxId first_end = at(0).journal->segments()[1].last;
  auto freed = world_.wait(at(0).journal->purge(first_end));
  ASSERT_TRUE(freed) << freed.error().text();
  EXPECT_GT(*freed, 0u);
  EXPECT_EQ(at(0).journal->start().txid, first_end);
  EXPECT_THAT(world_.disk().list(log_path(2)), IsEmpty());
  EXPECT_FALSE(world_.disk().exists(epoch_path(2)));
  kill(0);
  open(0);
  EXPECT_EQ(at(0).journal->start().txid, first_end);
  EXPECT_THAT(read_all(0), Not(IsEmpty()));
}

TEST_F(SharedJournalTest, purging_reaches_into_the_own_log_and_is_remembered) {
  lead(0);
  append(0, {"a"});
  kill(0);
  lead(1);
  for (int i = 0; i < 3; ++i) {
    at(1).writer->roll();
    append(1, {fmt::format("t{}", i)});
  }
  world_.run_for(std::chrono::milliseconds(10));
  const auto segments = at(1).journal->segments();
  ASSERT_TRUE(world_.wait(at(1).journal->purge(segments[1].last)));
  EXPECT_EQ(at(1).journal->start().txid, segments[1].last);
  lead(2);
  EXPECT_EQ(at(2).journal->start().txid, segments[1].last);
  append(2, {"c"});
  EXPECT_THAT(read_all(2), ElementsAre("S3", "t1", "S3", "t2", "E4", "c"));
}

TEST_F(SharedJournalTest, a_purge_stops_at_what_is_committed) {
  lead(0);
  append(0, {"a"});
  ASSERT_TRUE(world_.wait(at(0).journal->purge(TxId{1000})));
  EXPECT_THAT(read_all(0), ElementsAre("S2", "E2", "a"));
}

TEST_F(SharedJournalTest, a_deposed_writer_does_not_purge) {
  lead(0);
  append(0, {"a"});
  at(0).writer->roll();
  append(0, {"b"});
  world_.run_for(std::chrono::milliseconds(10));
  lead(1);
  auto purged = world_.wait(at(0).journal->purge(TxId{3}));
  ASSERT_FALSE(purged);
  EXPECT_EQ(purged.error().code(), ErrorCode::kFenced);
  EXPECT_THAT(read_all(1), ElementsAre("S2", "E2", "a", "S2", "b", "E3"));
}

TEST_F(SharedJournalTest, only_the_writer_purges) {
  lead(0);
  open(1);
  auto purged = world_.wait(at(1).journal->purge(TxId{3}));
  ASSERT_FALSE(purged);
  EXPECT_EQ(purged.error().code(), ErrorCode::kRefused);
}

TEST_F(SharedJournalTest, a_reader_behind_the_start_is_told_so) {
  lead(0);
  const LogPosition origin = at(0).journal->start();
  append(0, {"a"});
  at(0).writer->roll();
  append(0, {"b"});
  world_.run_for(std::chrono::milliseconds(10));
  lead(1);
  open(2);
  auto late = reader(2, origin);
  ASSERT_TRUE(world_.wait(at(1).journal->purge(TxId{3})));
  auto frames = world_.wait(late->next());
  ASSERT_FALSE(frames);
  EXPECT_EQ(frames.error().code(), ErrorCode::kNotFound);
  auto reader = world_.wait(at(1).journal->read_after(origin));
  ASSERT_FALSE(reader);
  EXPECT_EQ(reader.error().code(), ErrorCode::kNotFound);
}

TEST_F(SharedJournalTest, a_reader_of_another_history_is_refused) {
  lead(0);
  append(0, {"a"});
  LogPosition other = at(0).writer->committed();
  other.digest.low ^= 1;
  auto reader = world_.wait(at(0).journal->read_after(other));
  ASSERT_FALSE(reader);
  EXPECT_EQ(reader.error().code(), ErrorCode::kDamaged);
}

TEST_F(SharedJournalTest, status_tells_the_whole_log) {
  lead(0);
  append(0, {"a"});
  at(0).writer->roll();
  append(0, {"b"});
  world_.run_for(std::chrono::milliseconds(10));
  lead(1);
  const JournalStatus status = at(1).journal->status();
  EXPECT_EQ(status.first, TxId{1});
  EXPECT_EQ(status.last, at(1).writer->committed().txid);
  EXPECT_EQ(status.segments, 2u);
}

TEST_F(SharedJournalTest, a_full_disk_refuses_appends_and_ends_no_reign) {
  lead(0);
  append(0, {"a"});
  constexpr std::uint64_t kHuge = std::uint64_t{1} << 40;
  world_.disk().set_capacity(kHuge);
  world_.disk().set_capacity(kHuge - world_.disk().free_bytes());
  Result<FramePtr> frame = fail(ErrorCode::kBusy, "");
  for (int i = 0; i < 10 && (frame || frame.error().code() == ErrorCode::kBusy); ++i)
    frame = world_.wait(append_later(0, {std::string(30'000, 'x')}));
  ASSERT_FALSE(frame);
  EXPECT_EQ(frame.error().code(), ErrorCode::kNoSpace);
  world_.disk().set_capacity(std::nullopt);
  append(0, {"b"});
}

TEST_F(SharedJournalTest, closing_announces_the_end) {
  lead(0);
  append(0, {"a"});
  ASSERT_TRUE(world_.wait(at(0).writer->close()));
  ASSERT_TRUE(world_.wait(at(0).journal->close()));
  kill(0);
  open(1);
  EXPECT_THAT(read_all(1), ElementsAre("S2", "E2", "a"));
}

}  // namespace
}  // namespace varve
