#include "ha/replica.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "editlog/slots.h"
#include "tests/ha/sim_rm.h"

namespace varve {
namespace {

using ::testing::HasSubstr;

class ReplicaTest : public ::testing::Test {
 protected:
  ~ReplicaTest() noexcept override {}
  void start() {
    const auto started = rm_.start();
    ASSERT_TRUE(started) << started.error().text();
  }
  void restart() {
    rm_.kill();
    start();
    EXPECT_EQ(rm_.check_and_adopt(), "");
  }
  void stop() {
    const auto stopped = rm_.stop();
    ASSERT_TRUE(stopped) << stopped.error().text();
  }
  TxId checkpoint() {
    const auto txid = rm_.checkpoint();
    EXPECT_TRUE(txid) << txid.error().text();
    return txid.value_or(TxId{});
  }

  // Not a byte more can be allocated from now on.
  void fill_disk() {
    constexpr std::uint64_t kLarge = 1ull << 40;
    world_.disk().set_capacity(kLarge);
    world_.disk().set_capacity(kLarge - world_.disk().free_bytes());
  }

  Epoch promised_on_disk() {
    const auto slots = world_.disk().read_all("/rm/journal/slots");
    return decode_slot(Bytes(slots).first(kSlotBytes)).value().state.promised;
  }

  SimWorld world_{1};
  SimRm rm_{world_};
};

TEST_F(ReplicaTest, comes_up_empty_and_active) {
  start();
  EXPECT_EQ(rm_.replica().status().role, Status::Role::kActive);
  EXPECT_EQ(rm_.replica().status().epoch, Epoch{1});
  EXPECT_TRUE(rm_.state().empty());
}

TEST_F(ReplicaTest, keeps_what_it_acknowledged_through_a_kill) {
  start();
  rm_.submit_many(500);
  rm_.settle();
  EXPECT_EQ(rm_.acknowledged(), 500u);
  restart();
  EXPECT_EQ(rm_.state().size(), 500u);
  EXPECT_EQ(rm_.replica().status().recovery.replayed, 500u + 3) << "two EpochStarts and a SegmentStart";
}

TEST_F(ReplicaTest, each_reign_has_a_higher_epoch) {
  for (std::uint64_t epoch = 1; epoch <= 5; ++epoch) {
    start();
    EXPECT_EQ(rm_.replica().status().epoch, Epoch{epoch});
    rm_.kill();
  }
}

TEST_F(ReplicaTest, what_a_small_frame_is_answered_with_goes_into_one_frame_with_what_waits) {
  start();
  rm_.answers = 1000;
  rm_.submit_many(16);
  world_.run_for(std::chrono::microseconds(20));  // the first are on their way
  rm_.submit_many(16);
  const std::uint64_t before = rm_.replica().status().frames;
  rm_.settle();
  EXPECT_EQ(rm_.acknowledged(), 1032u);
  EXPECT_LE(rm_.replica().status().frames - before, 1032u / 32 + 2);
}

TEST_F(ReplicaTest, takes_the_empty_transaction_and_one_larger_than_a_frame) {
  start();
  rm_.submit("");
  rm_.submit(std::string(3u << 20, 'x'));
  rm_.submit("small again");
  rm_.settle();
  EXPECT_EQ(rm_.acknowledged(), 3u);
  restart();
  EXPECT_EQ(rm_.state().size(), 3u);
}

TEST_F(ReplicaTest, refuses_a_transaction_above_the_maximum_and_only_that) {
  rm_.options.transaction_bytes_max = 1000;
  start();
  rm_.submit(std::string(1001, 'x'));
  rm_.submit(std::string(1000, 'x'));
  rm_.settle();
  ASSERT_EQ(rm_.errors().size(), 1u);
  EXPECT_EQ(rm_.errors()[0].code(), ErrorCode::kTooLarge);
  EXPECT_EQ(rm_.acknowledged(), 1u);
}

TEST_F(ReplicaTest, recovers_from_an_image_and_the_log_behind_it) {
  start();
  rm_.submit_many(300);
  rm_.settle();
  const TxId image = checkpoint();
  rm_.submit_many(50);
  rm_.settle();
  restart();
  EXPECT_EQ(rm_.state().size(), 350u);
  EXPECT_EQ(rm_.replica().status().recovery.image_txid, image);
  EXPECT_EQ(rm_.replica().status().recovery.replayed, 50u + 1);
}

TEST_F(ReplicaTest, checkpoints_by_itself_and_purges_behind_the_oldest_image_kept) {
  rm_.options.checkpoint_transactions = 400;
  rm_.options.extra_transactions_kept = 0;
  start();
  for (int i = 0; i < 60; ++i) {
    rm_.submit_many(50, 300);
    rm_.settle();
    world_.run_for(std::chrono::milliseconds(10));
  }
  const Status status = rm_.replica().status();
  EXPECT_GE(status.checkpoint.succeeded, 6u);
  EXPECT_GT(status.first_in_log, TxId{1});
  restart();
  EXPECT_EQ(rm_.state().size(), 3000u);
}

TEST_F(ReplicaTest, falls_back_loudly_to_an_older_image_when_the_newest_is_damaged) {
  start();
  rm_.submit_many(300);
  rm_.settle();
  const TxId older = checkpoint();
  rm_.submit_many(100);
  rm_.settle();
  const TxId newer = checkpoint();
  rm_.submit_many(10);
  rm_.settle();
  rm_.kill();
  world_.disk().flip_bits(fmt::format("/rm/images/fsimage_{:019}", newer.value), 5000);
  start();
  EXPECT_EQ(rm_.check_and_adopt(), "");
  EXPECT_EQ(rm_.state().size(), 410u);
  EXPECT_EQ(rm_.replica().status().recovery.image_txid, older);
  EXPECT_EQ(rm_.replica().status().recovery.images_passed_over, 1u);
  EXPECT_TRUE(world_.log_contains("falling back"));
}

TEST_F(ReplicaTest, refuses_to_start_when_an_image_is_newer_than_the_log) {
  start();
  rm_.submit_many(10);
  rm_.settle();
  const SimDiskState before = world_.disk().snapshot();
  rm_.submit_many(10);
  rm_.settle();
  checkpoint();
  rm_.kill();
  const std::string image = world_.disk().list("/rm/images").front();
  const auto bytes = world_.disk().read_all("/rm/images/" + image);
  world_.disk().restore(before);
  world_.disk().write_all("/rm/images/" + image, bytes);
  const auto started = rm_.start();
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code(), ErrorCode::kDamaged);
  EXPECT_THAT(started.error().text(), HasSubstr("newer than the end of the log"));
}

TEST_F(ReplicaTest, a_failing_checkpoint_is_counted_and_retried_and_does_not_stop_the_log) {
  rm_.options.checkpoint_transactions = 100;
  start();
  world_.disk().inject({.path_part = "fsimage_", .times = 1, .error = EIO});
  rm_.submit_many(150);
  rm_.settle();
  world_.run_for(std::chrono::milliseconds(100));
  EXPECT_EQ(rm_.replica().status().checkpoint.failed, 1u);
  EXPECT_THAT(rm_.replica().status().checkpoint.last_error, HasSubstr("fsimage_"));
  rm_.submit_many(10);
  rm_.settle();
  EXPECT_EQ(rm_.acknowledged(), 160u);
  world_.run_for(std::chrono::seconds(5));
  EXPECT_EQ(rm_.replica().status().checkpoint.succeeded, 1u);
  EXPECT_EQ(rm_.replica().status().checkpoint.last_error, "");
}

TEST_F(ReplicaTest, a_disk_that_fails_while_nothing_is_submitted_ends_the_reign_at_once) {
  start();
  world_.disk().inject({.op = SimOp::kSync, .path_part = "slots", .error = EIO});
  rm_.submit("idle after this");
  rm_.settle();
  EXPECT_EQ(rm_.replica().status().role, Status::Role::kActive);
  world_.run_for(std::chrono::seconds(5));  // the closing mark
  EXPECT_EQ(rm_.replica().status().role, Status::Role::kFailed);
  EXPECT_THAT(rm_.replica().status().failure, HasSubstr("slots"));
}

TEST_F(ReplicaTest, a_failed_sync_ends_the_reign_and_leaves_outcomes_to_be_asked_for) {
  start();
  rm_.submit_many(10);
  rm_.settle();
  world_.disk().inject({.op = SimOp::kSync, .path_part = "edits_", .error = EIO});
  rm_.submit_many(5);
  rm_.settle();
  EXPECT_EQ(rm_.replica().status().role, Status::Role::kFailed);
  ASSERT_EQ(rm_.errors().size(), 5u);
  for (const Error& error : rm_.errors()) {
    EXPECT_EQ(error.code(), ErrorCode::kOutcomeUnknown);
    ASSERT_TRUE(error.ticket());
  }
  rm_.submit("too late");
  EXPECT_EQ(rm_.errors().back().code(), ErrorCode::kIo);

  const std::vector<Error> unknown = rm_.errors();
  rm_.kill();
  start();
  const std::size_t kept = rm_.state().size() - 10;
  EXPECT_TRUE(kept == 0 || kept == 5) << "a frame is whole or not at all";
  for (std::size_t i = 0; i < 5; ++i) {
    const auto outcome = world_.wait(rm_.replica().outcome(*unknown[i].ticket()));
    ASSERT_TRUE(outcome);
    EXPECT_EQ(*outcome, kept == 5 ? Outcome::kCommitted : Outcome::kNever);
  }
}

TEST_F(ReplicaTest, a_full_disk_refuses_appends_and_goes_on_when_there_is_space) {
  start();
  rm_.submit_many(10);
  rm_.settle();
  fill_disk();
  for (int i = 0; i < 200 && rm_.errors().empty(); ++i) {
    rm_.submit_many(20, 500);
    rm_.settle();
  }
  ASSERT_FALSE(rm_.errors().empty());
  EXPECT_EQ(rm_.errors()[0].code(), ErrorCode::kNoSpace);
  EXPECT_EQ(rm_.replica().status().role, Status::Role::kActive);
  const std::size_t before = rm_.acknowledged();
  world_.disk().set_capacity(std::nullopt);
  rm_.submit_many(20, 500);
  rm_.settle();
  EXPECT_EQ(rm_.acknowledged(), before + 20);
  restart();
}

TEST_F(ReplicaTest, a_full_disk_does_not_stop_closing_and_recovery) {
  start();
  rm_.submit_many(100, 300);
  rm_.settle();
  fill_disk();
  rm_.kill();
  start();
  EXPECT_EQ(rm_.check_and_adopt(), "");
  stop();
  start();
  EXPECT_EQ(rm_.check_and_adopt(), "");
}

TEST_F(ReplicaTest, a_full_disk_does_not_stop_recovery_when_the_last_segment_is_full_too) {
  rm_.options.segment_bytes_max = 64u << 10;
  start();
  fill_disk();
  for (const std::size_t bytes : {2000u, 10u}) {  // until not even the smallest finds room
    const std::size_t refused = rm_.errors().size();
    for (int i = 0; i < 500 && rm_.errors().size() == refused; ++i) {
      rm_.submit_many(1, bytes);
      rm_.settle();
    }
    ASSERT_GT(rm_.errors().size(), refused);
  }
  for (int i = 0; i < 6; ++i) {
    i % 3 == 2 ? rm_.kill() : stop();
    start();
    EXPECT_EQ(rm_.check_and_adopt(), "");
    rm_.submit("no room for this");
    rm_.settle();
    EXPECT_EQ(rm_.errors().back().code(), ErrorCode::kNoSpace);
    EXPECT_EQ(rm_.replica().status().role, Status::Role::kActive);
  }
  world_.disk().set_capacity(std::nullopt);
  const std::size_t before = rm_.acknowledged();
  rm_.submit_many(20, 500);
  rm_.settle();
  EXPECT_EQ(rm_.acknowledged(), before + 20);
  stop();
  start();
  EXPECT_EQ(rm_.check_and_adopt(), "");
}

TEST_F(ReplicaTest, close_drains_and_reopens_without_a_torn_tail) {
  start();
  rm_.submit_many(777);
  stop();
  EXPECT_EQ(rm_.acknowledged(), 777u);
  start();
  EXPECT_EQ(rm_.check_and_adopt(), "");
  EXPECT_EQ(rm_.replica().status().recovery.torn_bytes_cut, 0u);
}

TEST_F(ReplicaTest, a_damaged_log_stops_the_start_before_anything_is_written) {
  rm_.options.segment_transactions_max = 100;
  start();
  for (int i = 0; i < 5; ++i) {
    rm_.submit_many(100);
    rm_.settle();
  }
  stop();
  std::string victim;
  for (const std::string& name : world_.disk().list("/rm/journal"))
    if (name.starts_with("edits_0") && victim.empty()) victim = "/rm/journal/" + name;
  ASSERT_FALSE(victim.empty());
  world_.disk().flip_bits(victim, 9000);
  const auto names = world_.disk().list("/rm/journal");
  const Epoch promised = promised_on_disk();
  const auto started = rm_.start();
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code(), ErrorCode::kDamaged);
  EXPECT_THAT(started.error().text(), HasSubstr(victim));
  EXPECT_EQ(promised_on_disk(), promised) << "nobody became the writer";
  EXPECT_EQ(world_.disk().list("/rm/journal"), names);
}

TEST_F(ReplicaTest, a_second_process_is_refused_while_the_first_lives) {
  start();
  SimRm second(world_);
  const auto started = second.start();
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code(), ErrorCode::kLocked);
}

}  // namespace
}  // namespace varve
