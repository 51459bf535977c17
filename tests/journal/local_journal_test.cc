#include "journal/local_journal.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/sim/sim_world.h"
#include "editlog/control.h"

namespace varve {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class LocalJournalTest : public ::testing::Test {
 protected:
  LocalJournalTest() {
    options_.segment_bytes = 64u << 10;
    options_.disk_reserve_bytes = 128u << 10;
    open();
  }
  ~LocalJournalTest() noexcept override {}
  void open() {
    auto journal = world_.wait(LocalJournal::open(world_.seams(), "/journal", options_, roll_));
    ASSERT_TRUE(journal) << journal.error().text();
    journal_ = kj::mv(*journal);
  }
  void lead() {
    auto writer =
        world_.wait(journal_->become_writer("test", "host", SchemaInfo{.compiled = "", .transaction_type = 0, .name = "letters"}));
    ASSERT_TRUE(writer) << writer.error().text();
    writer_ = kj::mv(*writer);
  }
  void reopen() {
    writer_ = nullptr;
    journal_ = nullptr;
    open();
  }
  kj::Promise<Result<FramePtr>> append_later(std::vector<std::string> transactions) {
    std::uint64_t space = 0;
    for (const auto& t : transactions) space += transaction_space(t.size());
    FrameBuilder builder(space);
    for (const auto& t : transactions) builder.add(as_bytes(t));
    return writer_->append(kj::mv(builder), RunOn::kDiskThread);
  }
  FramePtr append(std::vector<std::string> transactions) {
    auto frame = world_.wait(append_later(std::move(transactions)));
    EXPECT_TRUE(frame) << frame.error().text();
    return frame ? *frame : nullptr;
  }
  // "kind first..last" for each frame behind `after`.
  std::vector<std::string> frames(LogPosition after) {
    std::vector<std::string> out;
    auto reader = world_.wait(journal_->read_after(after));
    EXPECT_TRUE(reader) << reader.error().text();
    while (reader) {
      auto next = world_.wait((*reader)->next());
      EXPECT_TRUE(next) << next.error().text();
      if (!next || next->empty()) break;
      for (const FrameView& f : *next)
        out.push_back(fmt::format("{} {}..{}", "?DSEC"[f.header->kind], f.header->first_txid, f.header->last().value));
    }
    return out;
  }

  SimWorld world_{1};
  LocalLogOptions options_;
  RollPolicy roll_;
  kj::Own<LocalJournal> journal_;
  kj::Own<JournalWriter> writer_;
};

TEST_F(LocalJournalTest, a_new_journal_is_formatted_with_this_disk_as_its_only_voter) {
  const auto configuration = decode_configuration(as_bytes(journal_->configuration()));
  ASSERT_TRUE(configuration);
  ASSERT_EQ(configuration->members.size(), 1u);
  EXPECT_EQ(configuration->members[0].role, MemberRole::kVoter);
  EXPECT_FALSE(journal_->namespace_id().is_nil());
  EXPECT_EQ(journal_->start().txid, TxId{0});
}

// What a move to another disk leaves: the start names whoever kept the journal then.
class CopiedDirectoryTest : public LocalJournalTest {
 protected:
  void copy_to(const std::string& path, bool whole) {
    Configuration elsewhere;
    elsewhere.members.push_back(Member{Uuid{8, 8}, "elsewhere:8485", MemberRole::kVoter});
    SlotState slots;
    slots.namespace_id = Uuid{1, 2};
    slots.disk_id = Uuid{3, 4};
    slots.start.configuration = encode(elsewhere);
    slots.start.position.digest = digest_of_new_start(slots.namespace_id, 0, slots.start.configuration);
    slots.mark = slots.start.position;
    auto directory = world_.wait(world_.seams().disk.create_directory(path));
    ASSERT_TRUE(world_.wait(LocalLog::format(world_.seams(), **directory, slots)));
    if (!whole) return;
    auto log = world_.wait(LocalLog::open(world_.seams(), kj::mv(*directory), options_));
    ASSERT_TRUE(log);
    record_.txid = TxId{2};
    record_.members.push_back(Member{slots.disk_id, "", MemberRole::kVoter});
    std::vector<FramePtr> frames;
    for (const std::string& body : {encode(SegmentStart{"", 0, "", elsewhere}), encode(record_)}) {
      FrameBuilder builder(transaction_space(body.size()));
      builder.add(as_bytes(body));
      FrameSeal seal;
      seal.kind = frames.empty() ? FrameKind::kSegmentStart : FrameKind::kConfiguration;
      seal.roll = frames.empty();
      seal.epoch = Epoch{1};
      seal.first = TxId{frames.size() + 1};
      seal.namespace_id = slots.namespace_id;
      seal.previous = frames.empty() ? slots.start.position.digest : frames.back()->header().self;
      frames.push_back(kj::mv(builder).seal(seal));
    }
    ASSERT_TRUE(world_.wait((*log)->append(frames)));
    ASSERT_TRUE(world_.wait((*log)->close()));
  }
  Configuration record_;
};

TEST_F(CopiedDirectoryTest, the_newest_configuration_counts_not_the_starts) {
  copy_to("/copy", true);
  auto opened = world_.wait(LocalJournal::open(world_.seams(), "/copy", options_, roll_));
  ASSERT_TRUE(opened) << opened.error().text();
  EXPECT_EQ((*opened)->configuration(), encode(record_));
}

TEST_F(CopiedDirectoryTest, a_copy_of_a_journal_that_lives_elsewhere_is_refused) {
  copy_to("/copy", false);
  auto opened = world_.wait(LocalJournal::open(world_.seams(), "/copy", options_, roll_));
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), ErrorCode::kRefused);
}

TEST_F(LocalJournalTest, a_reign_opens_a_segment_and_starts_its_epoch) {
  lead();
  append({"a", "b"});
  EXPECT_EQ(writer_->epoch(), Epoch{1});
  EXPECT_THAT(frames(journal_->start()), ElementsAre("S 1..1", "E 2..2", "D 3..4"));
}

TEST_F(LocalJournalTest, the_next_reign_goes_on_in_the_same_segment) {
  lead();
  append({"a"});
  reopen();
  lead();
  append({"b"});
  EXPECT_EQ(writer_->epoch(), Epoch{2});
  EXPECT_THAT(frames(journal_->start()), ElementsAre("S 1..1", "E 2..2", "D 3..3", "E 4..4", "D 5..5"));
}

TEST_F(LocalJournalTest, appends_are_pipelined_and_resolve_in_order) {
  world_.disk().set_latency({.sync = std::chrono::milliseconds(1)});
  lead();
  std::vector<kj::Promise<Result<FramePtr>>> pending;
  std::vector<std::uint64_t> done;
  for (int i = 0; i < 10; ++i) pending.push_back(append_later({std::to_string(i)}));
  for (auto& p : pending) {
    auto frame = world_.wait(kj::mv(p));
    ASSERT_TRUE(frame) << frame.error().text();
    done.push_back((*frame)->header().first_txid);
  }
  EXPECT_THAT(done, ElementsAre(3, 4, 5, 6, 7, 8, 9, 10, 11, 12));
  EXPECT_EQ(writer_->committed(), writer_->end());
}

TEST_F(LocalJournalTest, a_frame_carries_what_was_committed_when_it_was_sealed) {
  lead();
  const auto first = append({"a"});
  const auto second = append({"b"});
  EXPECT_EQ(TxId{second->header().committed}, first->header().last());
}

TEST_F(LocalJournalTest, rolls_by_transactions) {
  roll_.transactions_max = 10;
  reopen();
  lead();
  for (int i = 0; i < 30; ++i) append({"x"});
  EXPECT_GE(journal_->segments().size(), 3u);
  reopen();
  EXPECT_EQ(journal_->status().last, TxId{30 + 1 + journal_->segments().size()});
}

TEST_F(LocalJournalTest, rolls_by_bytes) {
  lead();
  for (int i = 0; i < 30; ++i) append({std::string(10000, 'x')});
  EXPECT_GE(journal_->segments().size(), 5u);
  for (const auto& segment : journal_->segments()) EXPECT_LE(segment.bytes, options_.segment_bytes);
}

TEST_F(LocalJournalTest, rolls_by_age_but_leaves_no_empty_segment) {
  roll_.age_max = std::chrono::seconds(60);
  reopen();
  lead();
  append({"a"});
  world_.run_for(std::chrono::seconds(61));
  append({"b"});
  EXPECT_EQ(journal_->segments().size(), 2u);
  append({"c"});
  EXPECT_EQ(journal_->segments().size(), 2u);
}

TEST_F(LocalJournalTest, rolls_when_asked_to) {
  lead();
  append({"a"});
  writer_->roll();
  append({"b"});
  EXPECT_THAT(frames(journal_->start()), ElementsAre("S 1..1", "E 2..2", "D 3..3", "S 4..4", "D 5..5"));
}

TEST_F(LocalJournalTest, reads_behind_a_position_and_proves_it_is_the_same_history) {
  lead();
  const auto first = append({"a"});
  append({"b"});
  const LogPosition after = first->header().position();
  EXPECT_THAT(frames(after), ElementsAre("D 4..4"));

  LogPosition foreign = after;
  foreign.digest.low ^= 1;
  auto reader = world_.wait(journal_->read_after(foreign));
  ASSERT_TRUE(reader);
  const auto next = world_.wait((*reader)->next());
  ASSERT_FALSE(next);
  EXPECT_EQ(next.error().code(), ErrorCode::kDamaged);
  EXPECT_THAT(next.error().text(), HasSubstr("different histories"));

  LogPosition end = writer_->end();
  EXPECT_THAT(frames(end), ElementsAre());
  end.digest.high ^= 1;
  EXPECT_EQ(world_.wait(journal_->read_after(end)).error().code(), ErrorCode::kDamaged);
  end.txid = end.txid.next();
  EXPECT_EQ(world_.wait(journal_->read_after(end)).error().code(), ErrorCode::kNotFound);
}

TEST_F(LocalJournalTest, outcome_of_what_is_in_the_log_is_committed_and_of_what_is_not_never) {
  lead();
  const auto frame = append({"a", "b"});
  const Ticket there{frame->header().first(), Epoch{1}, frame->header().self};
  Ticket other = there;
  other.frame.low ^= 1;
  const Ticket behind{TxId{100}, Epoch{1}, {}};
  EXPECT_EQ(world_.wait(journal_->outcome(there)).value(), Outcome::kCommitted);
  EXPECT_EQ(world_.wait(journal_->outcome(other)).value(), Outcome::kNever);
  EXPECT_EQ(world_.wait(journal_->outcome(behind)).value(), Outcome::kUnknownYet) << "this reign may still write it";
  reopen();
  lead();
  EXPECT_EQ(world_.wait(journal_->outcome(behind)).value(), Outcome::kNever);
  EXPECT_FALSE(world_.wait(journal_->outcome({TxId{0}, Epoch{1}, {}})));
}

TEST_F(LocalJournalTest, an_outcome_asked_for_while_it_is_purged_is_not_known_any_more) {
  lead();
  const auto frame = append({"a"});
  const Ticket ticket{frame->header().first(), Epoch{1}, frame->header().self};
  for (int i = 0; i < 2; ++i) {
    writer_->roll();
    append({"b"});
  }
  world_.run_for(std::chrono::milliseconds(1));
  writer_ = nullptr;
  journal_ = nullptr;
  const SimDiskState before = world_.disk().snapshot();
  unsigned committed = 0;
  unsigned unknown = 0;
  for (unsigned turns = 0; turns < 400; ++turns) {  // of the event loop, from the start of the purge on
    world_.disk().restore(before);
    reopen();
    auto purging = journal_->purge(frame->header().last()).eagerlyEvaluate(nullptr);
    kj::Promise<void> wait = kj::READY_NOW;
    for (unsigned i = 0; i < turns; ++i) wait = wait.then([] { return kj::evalLater([] {}); });
    const auto outcome = world_.wait(wait.then([&] { return journal_->outcome(ticket); }));
    ASSERT_TRUE(outcome) << "asked " << turns << " turns after the purge began: " << outcome.error().text();
    ++(*outcome == Outcome::kCommitted ? committed : unknown);
    ASSERT_TRUE(world_.wait(kj::mv(purging)));
  }
  EXPECT_GT(committed, 0u);
  EXPECT_GT(unknown, 0u);
}

TEST_F(LocalJournalTest, a_failed_write_ends_the_reign) {
  lead();
  append({"a"});
  world_.disk().inject({.op = SimOp::kWrite, .path_part = "edits_", .error = EIO});
  const auto failed = world_.wait(append_later({"b", "c"}));
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code(), ErrorCode::kOutcomeUnknown);
  ASSERT_TRUE(failed.error().ticket());
  EXPECT_EQ(failed.error().ticket()->txid, TxId{5});
  EXPECT_FALSE(world_.wait(append_later({"d"})));
}

}  // namespace
}  // namespace varve
