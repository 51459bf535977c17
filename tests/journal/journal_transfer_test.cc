#include "journal/journal_transfer.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/digest.h"
#include "journal/local_journal.h"
#include "tests/journal/noting_watcher.h"
#include "tests/journal/sim_cluster.h"

namespace varve {
namespace {

using ::testing::HasSubstr;

// A resource manager's journal in a directory of its machine, three nodes, and moves between them.
class Moving {
 public:
  explicit Moving(std::uint64_t seed = 1) : cluster(seed) {
    options_.log.segment_bytes = 64u << 10;
    options_.log.disk_reserve_bytes = 0;
    options_.batch_bytes = 8u << 10;
    options_.node_patience = std::chrono::seconds(5);
    cluster.start_all();
  }

  SimWorld& world() { return cluster.world(); }
  SimMachine& machine() { return world().machine("rm1"); }
  JournalUrl directory(const std::string& path) const {
    JournalUrl url;
    url.path = path;
    return url;
  }

  Result<void> open_local(const std::string& path) {
    auto journal = world().wait(LocalJournal::open(cluster.client(), path, options_.log, RollPolicy()));
    if (!journal) return fail(journal.error());
    local_ = kj::mv(*journal);
    return {};
  }
  // Writes as a resource manager does, one reign.
  void write(const std::string& path, unsigned count, std::size_t bytes = 1000) {
    ASSERT_TRUE(open_local(path));
    auto writer = world().wait(local_->become_writer("rm", "host", SchemaInfo{.compiled = "", .transaction_type = 7, .name = "letters"}));
    ASSERT_TRUE(writer) << writer.error().text();
    for (unsigned i = 0; i < count; ++i) {
      const std::string text(bytes, static_cast<char>('a' + written_++ % 26));
      FrameBuilder builder(transaction_space(text.size()));
      builder.add(as_bytes(text));
      ASSERT_TRUE(world().wait((*writer)->append(kj::mv(builder), RunOn::kDiskThread)));
    }
    ASSERT_TRUE(world().wait((*writer)->close()));
    *writer = nullptr;
    close_local();
  }
  void close_local() {
    ASSERT_TRUE(world().wait(local_->close()));
    local_ = nullptr;
  }

  Result<Transferred> move(JournalUrl from, JournalUrl to) {
    return world().wait(move_journal(cluster.client(), std::move(from), std::move(to), options_, watcher));
  }
  // Until it is done, or the time is over and the process dies.
  bool move_for(JournalUrl from, JournalUrl to, std::chrono::nanoseconds time) {
    bool done = false;
    {
      kj::Promise<void> moving =
          kj::Promise<Result<Transferred>>(move_journal(cluster.client(), std::move(from), std::move(to), options_, watcher))
              .then([&](Result<Transferred>&& moved) { done = moved.has_value(); });
      world().wait(moving.exclusiveJoin(world().clock().after(time)));
    }
    machine().kill_connections();
    return done;
  }
  Result<Transferred> fetch(JournalUrl from, const std::string& path) {
    return world().wait(fetch_journal(cluster.client(), std::move(from), path, options_, watcher));
  }

  // Each frame with its digest.
  std::vector<std::string> frames_in(const std::string& path) {
    std::vector<std::string> frames;
    auto opened = world().wait(cluster.client().disk.open_directory(path));
    EXPECT_TRUE(opened);
    auto log = world().wait(LocalLog::open(cluster.client(), kj::mv(*opened), options_.log));
    EXPECT_TRUE(log) << log.error().text();
    if (!log) return frames;
    (*log)->check_invariants();
    (*log)->set_committed((*log)->end());
    auto reader = world().wait((*log)->read((*log)->start().position.txid.next()));
    while (reader) {
      auto next = world().wait((*reader)->next());
      EXPECT_TRUE(next) << next.error().text();
      if (!next || next->empty()) break;
      for (const FrameView& f : *next)
        frames.push_back(
            fmt::format("{} {}..{} {}", "?DSEC"[f.header->kind], f.header->first_txid, f.header->last().value, to_hex(f.header->self)));
    }
    return frames;
  }
  std::vector<std::string> texts_in_quorum() {
    SimWriter rm(cluster, 2);
    auto opened = rm.open();
    EXPECT_TRUE(opened) << opened.error().text();
    if (!opened) return {};
    auto reigns = rm.reign();
    EXPECT_TRUE(reigns) << reigns.error().text();
    return reigns ? rm.read_all() : std::vector<std::string>();
  }
  std::vector<std::string> written() const {
    std::vector<std::string> texts;
    for (unsigned i = 0; i < written_; ++i) texts.emplace_back(1000, static_cast<char>('a' + i % 26));
    return texts;
  }

  SimCluster cluster;
  NotingWatcher watcher;

 private:
  TransferOptions options_;
  kj::Own<LocalJournal> local_;
  unsigned written_ = 0;
};

bool begins_with(const std::vector<std::string>& whole, const std::vector<std::string>& beginning) {
  return whole.size() >= beginning.size() && std::equal(beginning.begin(), beginning.end(), whole.begin());
}

TEST(JournalTransfer, a_directory_moves_to_a_quorum_that_goes_on) {
  Moving moving;
  moving.write("/journal", 100);
  auto moved = moving.move(moving.directory("/journal"), moving.cluster.url());
  ASSERT_TRUE(moved) << moved.error().text();
  EXPECT_EQ(moving.texts_in_quorum(), moving.written());
  SimWriter rm(moving.cluster, 2);
  ASSERT_TRUE(rm.open());
  ASSERT_TRUE(rm.reign());
  ASSERT_TRUE(rm.append_and_wait("more"));
  EXPECT_EQ(rm.read_all().size(), 101u);
}

TEST(JournalTransfer, there_and_back_every_frame_is_the_same) {
  Moving moving;
  moving.write("/journal", 100);
  const auto before = moving.frames_in("/journal");
  ASSERT_TRUE(moving.move(moving.directory("/journal"), moving.cluster.url()));
  EXPECT_EQ(moving.texts_in_quorum(), moving.written());
  auto back = moving.move(moving.cluster.url(), moving.directory("/back"));
  ASSERT_TRUE(back) << back.error().text();
  const auto after = moving.frames_in("/back");
  EXPECT_TRUE(begins_with(after, before));
  EXPECT_GT(after.size(), before.size());
  moving.write("/back", 3);
  ASSERT_TRUE(moving.move(moving.cluster.url(), moving.directory("/journal"))) << "a directory that it left is a beginning";
  EXPECT_TRUE(begins_with(moving.frames_in("/journal"), before));
}

TEST(JournalTransfer, what_the_transactions_are_is_known_after_moves) {
  Moving moving;
  moving.write("/journal", 3);
  ASSERT_TRUE(moving.move(moving.directory("/journal"), moving.cluster.url()));
  ASSERT_TRUE(moving.move(moving.cluster.url(), moving.directory("/back")));
  auto directory = moving.world().wait(moving.cluster.client().disk.open_directory("/back"));
  auto log = moving.world().wait(LocalLog::open(moving.cluster.client(), kj::mv(*directory), {}));
  ASSERT_TRUE(log);
  (*log)->set_committed((*log)->end());
  auto reader = moving.world().wait((*log)->read((*log)->segments().back().name.first));
  auto frames = moving.world().wait((*reader)->next());
  TransactionCursor transactions = frames->front().transactions();
  ASSERT_TRUE(transactions.next());
  const auto start = decode_segment_start(transactions.bytes());
  ASSERT_TRUE(start);
  EXPECT_EQ(start->schema_name, "letters");
  EXPECT_EQ(start->transaction_type, 7u);
}

TEST(JournalTransfer, a_move_that_is_done_is_not_done_again) {
  Moving moving;
  moving.write("/journal", 10);
  ASSERT_TRUE(moving.move(moving.directory("/journal"), moving.cluster.url()));
  auto again = moving.move(moving.directory("/journal"), moving.cluster.url());
  ASSERT_TRUE(again) << again.error().text();
  EXPECT_TRUE(again->moved_before);
  EXPECT_EQ(moving.texts_in_quorum(), moving.written());
  ASSERT_TRUE(moving.move(moving.cluster.url(), moving.directory("/back")));
  again = moving.move(moving.cluster.url(), moving.directory("/back"));
  ASSERT_TRUE(again) << again.error().text();
  EXPECT_TRUE(again->moved_before);
}

TEST(JournalTransfer, a_source_in_use_is_not_moved) {
  Moving moving;
  moving.write("/journal", 3);
  ASSERT_TRUE(moving.open_local("/journal"));
  const auto refused = moving.move(moving.directory("/journal"), moving.cluster.url());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::kLocked);
  EXPECT_EQ(moving.cluster.node(1).journals().size(), 0u);
}

TEST(JournalTransfer, the_writer_of_a_moved_quorum_is_fenced) {
  Moving moving;
  moving.cluster.format();
  SimWriter rm(moving.cluster, 2);
  ASSERT_TRUE(rm.open());
  ASSERT_TRUE(rm.reign());
  rm.append_many(5);
  ASSERT_TRUE(moving.move(moving.cluster.url(), moving.directory("/back")));
  EXPECT_THAT(moving.watcher.steps, HasSubstr("fenced: epoch "));
  EXPECT_FALSE(rm.append_and_wait("late"));
}

TEST(JournalTransfer, all_nodes_must_answer) {
  Moving moving;
  moving.write("/journal", 3);
  moving.cluster.kill(2);
  const auto refused = moving.move(moving.directory("/journal"), moving.cluster.url());
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().text(), HasSubstr("n2:8485"));
  EXPECT_EQ(moving.cluster.node(1).journals().size(), 0u);
}

TEST(JournalTransfer, a_journal_of_another_history_is_not_written_over) {
  Moving moving;
  moving.write("/journal", 3);
  moving.cluster.format();
  const auto refused = moving.move(moving.directory("/journal"), moving.cluster.url());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::kExists);
}

TEST(JournalTransfer, a_directory_that_went_on_by_itself_is_not_written_over) {
  Moving moving;
  moving.write("/journal", 10);
  ASSERT_TRUE(moving.move(moving.directory("/journal"), moving.cluster.url()));
  EXPECT_EQ(moving.texts_in_quorum(), moving.written());
  moving.write("/journal", 1);
  const auto before = moving.frames_in("/journal");
  EXPECT_FALSE(moving.move(moving.cluster.url(), moving.directory("/journal")));
  EXPECT_EQ(moving.frames_in("/journal"), before);
}

TEST(JournalTransfer, other_kinds_are_refused) {
  Moving moving;
  for (const JournalUrl& url : {moving.directory("/journal"), moving.cluster.url()}) {
    const auto refused = moving.move(url, url);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::kInvalidArgument);
  }
  EXPECT_EQ(moving.move(moving.directory("/absent"), moving.cluster.url()).error().code(), ErrorCode::kNotFound);
}

TEST(JournalTransfer, a_fetched_copy_grows_and_is_no_journal) {
  Moving moving;
  moving.write("/journal", 50);
  const auto before = moving.frames_in("/journal");
  ASSERT_TRUE(moving.move(moving.directory("/journal"), moving.cluster.url()));
  ASSERT_TRUE(moving.fetch(moving.cluster.url(), "/copy"));
  EXPECT_TRUE(begins_with(moving.frames_in("/copy"), before));
  EXPECT_EQ(moving.texts_in_quorum(), moving.written());
  auto fetched = moving.fetch(moving.cluster.url(), "/copy");
  ASSERT_TRUE(fetched) << fetched.error().text();
  EXPECT_GT(fetched->end.txid, fetched->from.txid);
  EXPECT_EQ(moving.open_local("/copy").error().code(), ErrorCode::kRefused);
  EXPECT_EQ(moving.move(moving.directory("/copy"), moving.cluster.url()).error().code(), ErrorCode::kRefused);
  EXPECT_EQ(moving.fetch(moving.cluster.url(), "/journal").error().code(), ErrorCode::kExists);
}

TEST(JournalTransfer, a_directory_is_fetched_too) {
  Moving moving;
  moving.write("/journal", 50);
  ASSERT_TRUE(moving.fetch(moving.directory("/journal"), "/copy"));
  EXPECT_EQ(moving.frames_in("/copy"), moving.frames_in("/journal"));
  EXPECT_EQ(moving.open_local("/copy").error().code(), ErrorCode::kRefused);
}

// Moves to a quorum one of whose nodes loses power before its n-th disk operation; then again.
TEST(JournalTransfer, a_move_to_a_quorum_survives_a_node_that_fails_at_any_step) {
  unsigned failed = 0;
  std::uint64_t taken_back = 0;
  for (std::uint64_t step = 1;; ++step) {
    Moving moving(step);
    SCOPED_TRACE(fmt::format("step {}", step));
    moving.write("/journal", 20);
    SimDisk& disk = moving.cluster.machine(2).disk();
    disk.crash_before(disk.operations() + step);
    const auto first = moving.move(moving.directory("/journal"), moving.cluster.url());
    const bool crashed = disk.crashed();
    disk.crash_before(~std::uint64_t{0});
    if (crashed) {
      ++failed;
      moving.cluster.lose_power(2);
      moving.cluster.power_on(2);
    }
    const auto second = moving.move(moving.directory("/journal"), moving.cluster.url());
    ASSERT_TRUE(second) << second.error().text();
    ASSERT_EQ(moving.texts_in_quorum(), moving.written());
    taken_back += moving.cluster.copy(1).counts().cuts;
    if (!crashed) break;
  }
  EXPECT_GT(failed, 20u);
  EXPECT_GT(taken_back, 0u);
}

// As an operator does who does not wait for the second run: a resource manager starts with everything or not at all.
TEST(JournalTransfer, what_a_resource_manager_wrote_on_an_unfinished_move_stays) {
  unsigned started = 0;
  for (std::uint64_t step = 1;; ++step) {
    Moving moving(step);
    SCOPED_TRACE(fmt::format("step {}", step));
    moving.write("/journal", 20);
    SimDisk& disk = moving.cluster.machine(2).disk();
    disk.crash_before(disk.operations() + step);
    const auto first = moving.move(moving.directory("/journal"), moving.cluster.url());
    if (!disk.crashed()) break;
    disk.crash_before(~std::uint64_t{0});
    moving.cluster.lose_power(2);
    moving.cluster.power_on(2);
    SimWriter rm(moving.cluster, 2);
    const bool reigns = rm.open() && rm.reign();
    std::vector<std::string> expected = moving.written();
    if (reigns) {
      ++started;
      ASSERT_EQ(rm.read_all(), expected);
      ASSERT_TRUE(rm.append_and_wait("more"));
      expected.emplace_back("more");
      rm.die();
    }
    const auto second = moving.move(moving.directory("/journal"), moving.cluster.url());
    ASSERT_TRUE(second) << second.error().text();
    ASSERT_EQ(moving.texts_in_quorum(), expected);
  }
  EXPECT_GT(started, 0u);
}

TEST(JournalTransfer, a_move_to_a_directory_survives_a_crash_at_any_step) {
  unsigned failed = 0;
  for (std::uint64_t step = 1;; ++step) {
    Moving moving(step);
    SCOPED_TRACE(fmt::format("step {}", step));
    moving.write("/journal", 20);
    const auto before = moving.frames_in("/journal");
    ASSERT_TRUE(moving.move(moving.directory("/journal"), moving.cluster.url()));
    SimDisk& disk = moving.machine().disk();
    disk.crash_before(disk.operations() + step);
    moving.move_for(moving.cluster.url(), moving.directory("/back"), std::chrono::seconds(30));
    const bool crashed = disk.crashed();
    disk.crash_before(~std::uint64_t{0});
    if (crashed) {
      ++failed;
      moving.machine().power_off();
      moving.machine().power_on(moving.world().random());
    }
    const auto second = moving.move(moving.cluster.url(), moving.directory("/back"));
    ASSERT_TRUE(second) << second.error().text();
    ASSERT_TRUE(begins_with(moving.frames_in("/back"), before));
    ASSERT_TRUE(moving.open_local("/back"));
    if (!crashed) break;
  }
  EXPECT_GT(failed, 20u);
}

TEST(JournalTransfer, a_move_whose_process_is_killed_at_any_moment_is_finished_by_the_next) {
  unsigned interrupted = 0;
  for (unsigned step = 1;; ++step) {
    Moving moving(step);
    SCOPED_TRACE(fmt::format("step {}", step));
    moving.write("/journal", 20);
    SimDelay delay;
    delay.shortest = delay.longest = std::chrono::microseconds(50);
    moving.world().network().set_delay(delay);
    const bool done = moving.move_for(moving.directory("/journal"), moving.cluster.url(), step * std::chrono::microseconds(100));
    interrupted += done ? 0 : 1;
    moving.world().run_for(std::chrono::milliseconds(100));
    const auto second = moving.move(moving.directory("/journal"), moving.cluster.url());
    ASSERT_TRUE(second) << second.error().text();
    ASSERT_EQ(moving.texts_in_quorum(), moving.written());
    if (done) break;
  }
  EXPECT_GT(interrupted, 5u);
}

}  // namespace
}  // namespace varve
