#include "checkpointer/checkpointer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/sim/sim_world.h"

namespace varve {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;

// Images that take a second to write and may fail.
class FakeImages final : public ImageDirectory {
 public:
  explicit FakeImages(Clock& clock) : clock_(clock) {}

  const std::vector<ImageInfo>& images() const override { return images_; }
  kj::Promise<Result<SavedImage>> save(ImagePoint point, std::function<void(ImageSink&)>, SaveOptions) override {
    ++saves;
    return clock_.after(seconds(1)).then([this, txid = point.position.txid]() -> Result<SavedImage> {
      if (failures > 0) {
        --failures;
        return fail(ErrorCode::kIo, "writing fsimage: the disk said no");
      }
      images_.insert(images_.begin(), ImageInfo{txid, 1000});
      return SavedImage{txid, 1000, {}};
    });
  }
  kj::Promise<Result<std::vector<ImageInfo>>> retain(std::size_t keep) override {
    if (images_.size() > keep) images_.resize(keep);
    return Result<std::vector<ImageInfo>>(images_);
  }
  kj::Promise<Result<ImagePoint>> peek(TxId) override { KJ_UNIMPLEMENTED("not asked for"); }
  kj::Promise<Result<LoadedImage>> load(TxId, std::function<Result<void>(ImageSource&)>) override { KJ_UNIMPLEMENTED("not asked for"); }
  kj::Promise<Result<void>> verify(TxId) override { KJ_UNIMPLEMENTED("not asked for"); }
  kj::Promise<Result<void>> set_aside(TxId) override { KJ_UNIMPLEMENTED("not asked for"); }

  int saves = 0;
  int failures = 0;

 private:
  Clock& clock_;
  std::vector<ImageInfo> images_;
};

// A log of one segment for each hundred transactions.
class FakeJournal final : public Journal {
 public:
  Uuid namespace_id() const override { return {1, 1}; }
  std::uint64_t lineage() const override { return 0; }
  JournalStatus status() const override { return {}; }
  std::vector<SegmentInfo> segments() const override {
    std::vector<SegmentInfo> all;
    for (std::uint64_t first = 1; first <= 9901; first += 100)
      all.push_back({.name = {TxId{first}, TxId{first + 99}}, .last = TxId{first + 99}, .bytes = 1000});
    return all;
  }
  LogPosition start() const override { return {}; }
  const std::string& configuration() const override { return configuration_; }
  kj::Promise<Result<kj::Own<JournalWriter>>> become_writer(std::string, std::string, SchemaInfo) override {
    KJ_UNIMPLEMENTED("not asked for");
  }
  kj::Promise<Result<kj::Own<LogReader>>> read_after(LogPosition) override { KJ_UNIMPLEMENTED("not asked for"); }
  kj::Promise<Result<std::uint64_t>> purge(TxId upto) override {
    purges.push_back(upto.value);
    return Result<std::uint64_t>(0u);
  }
  kj::Promise<Result<Outcome>> outcome(Ticket) override { KJ_UNIMPLEMENTED("not asked for"); }
  kj::Promise<Result<void>> close() override { return Result<void>(); }

  std::vector<std::uint64_t> purges;

 private:
  std::string configuration_;
};

class CheckpointerTest : public ::testing::Test {
 protected:
  CheckpointerTest() {
    policy_.transactions = 100;
    policy_.log_bytes = 0;
    policy_.interval = seconds(0);
    policy_.extra_transactions = 0;
  }
  ~CheckpointerTest() noexcept override {}
  void start() {
    checkpointer_ = kj::heap<Checkpointer>(
        world_.seams(), images_, journal_, policy_, 4096,
        [this]() -> kj::Promise<FrozenState> {
          FrozenState frozen;
          frozen.point.position.txid = applied_;
          return kj::mv(frozen);
        },
        [] { return std::chrono::nanoseconds(0); });
  }
  void apply(std::uint64_t transactions) {
    applied_ = TxId{applied_.value + transactions};
    checkpointer_->applied(transactions, transactions * 100);
    world_.run_ready();
  }

  SimWorld world_{1};
  FakeImages images_{world_.clock()};
  FakeJournal journal_;
  CheckpointPolicy policy_;
  TxId applied_;
  kj::Own<Checkpointer> checkpointer_;
};

TEST_F(CheckpointerTest, begins_when_enough_transactions_were_applied) {
  start();
  apply(99);
  EXPECT_EQ(images_.saves, 0);
  apply(1);
  EXPECT_EQ(images_.saves, 1);
  EXPECT_TRUE(checkpointer_->status().running);
  world_.run_for(seconds(2));
  EXPECT_FALSE(checkpointer_->status().running);
  EXPECT_EQ(checkpointer_->status().succeeded, 1u);
  EXPECT_EQ(checkpointer_->status().last_txid, TxId{100});
  EXPECT_EQ(checkpointer_->status().since.transactions, 0u);
}

TEST_F(CheckpointerTest, what_is_applied_meanwhile_counts_for_the_next_one) {
  start();
  apply(100);
  apply(99);
  world_.run_for(seconds(2));
  EXPECT_EQ(checkpointer_->status().since.transactions, 99u);
  apply(1);
  EXPECT_EQ(images_.saves, 2);
}

TEST_F(CheckpointerTest, begins_by_time_when_something_was_applied) {
  policy_.transactions = 0;
  policy_.interval = seconds(60);
  start();
  world_.run_for(seconds(120));
  EXPECT_EQ(images_.saves, 0) << "nothing to save";
  apply(1);
  world_.run_for(seconds(5));
  EXPECT_EQ(images_.saves, 1);
}

TEST_F(CheckpointerTest, a_second_caller_joins_the_one_that_runs) {
  start();
  applied_ = TxId{7};
  auto first = checkpointer_->run();
  auto second = checkpointer_->run();
  EXPECT_EQ(world_.wait(kj::mv(first)).value(), TxId{7});
  EXPECT_EQ(world_.wait(kj::mv(second)).value(), TxId{7});
  EXPECT_EQ(images_.saves, 1);
}

TEST_F(CheckpointerTest, a_failure_is_counted_shown_and_retried_with_back_off) {
  policy_.retry_first = seconds(10);
  images_.failures = 2;
  start();
  apply(100);
  world_.run_for(seconds(2));
  EXPECT_EQ(checkpointer_->status().failed, 1u);
  EXPECT_EQ(checkpointer_->status().last_error, "checkpoint at txid 100: writing fsimage: the disk said no");
  apply(100);
  EXPECT_EQ(images_.saves, 1) << "backing off";
  world_.run_for(seconds(11));
  EXPECT_EQ(images_.saves, 2);
  world_.run_for(seconds(15));
  EXPECT_EQ(images_.saves, 2) << "twice as long";
  world_.run_for(seconds(10));
  EXPECT_EQ(images_.saves, 3);
  EXPECT_EQ(checkpointer_->status().succeeded, 1u);
  EXPECT_EQ(checkpointer_->status().last_error, "");
}

TEST_F(CheckpointerTest, purges_behind_the_oldest_image_kept_once_there_are_enough) {
  start();
  apply(1000);
  world_.run_for(seconds(2));
  EXPECT_THAT(journal_.purges, ElementsAre()) << "with one image the log is the second copy";
  apply(1000);
  world_.run_for(seconds(2));
  EXPECT_THAT(journal_.purges, ElementsAre(1000));
  apply(1000);
  world_.run_for(seconds(2));
  EXPECT_THAT(journal_.purges, ElementsAre(1000, 2000));
}

TEST_F(CheckpointerTest, stop_waits_for_the_one_that_runs_and_begins_no_other) {
  start();
  apply(100);
  world_.wait(checkpointer_->stop());
  EXPECT_EQ(checkpointer_->status().succeeded, 1u);
  apply(1000);
  world_.run_for(seconds(5));
  EXPECT_EQ(images_.saves, 1);
}

TEST_F(CheckpointerTest, an_empty_state_is_not_worth_an_image) {
  start();
  const auto refused = world_.wait(checkpointer_->run());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace varve
