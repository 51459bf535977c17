// A resource manager whose journal moves, its state and its images with it: from a directory to a quorum and back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "journal/journal_transfer.h"
#include "tests/ha/sim_quorum_rm.h"
#include "tests/journal/noting_watcher.h"

namespace varve {
namespace {

// Started on the directory, or on the quorum when that is empty.
class MovingRm final : public SimQuorumRm {
 public:
  using SimQuorumRm::machine;
  using SimQuorumRm::SimQuorumRm;

  std::string directory;

 private:
  Task<Result<kj::Own<Journal>>> open_journal() override {
    if (directory.empty()) co_return co_await SimQuorumRm::open_journal();
    auto journal = co_await LocalJournal::open(seams(), directory, log_options(options), roll_policy(options));
    if (!journal) co_return fail(journal.error());
    co_return kj::Own<Journal>(kj::mv(*journal));
  }
};

class MovingStateTest : public ::testing::Test {
 protected:
  void SetUp() override {
    cluster_.start_all();
    rm_.directory = "/rm/journal";
    start();
  }
  void start() {
    const auto started = rm_.start();
    ASSERT_TRUE(started) << started.error().text();
    EXPECT_EQ(rm_.check_and_adopt(), "");
  }
  void commit(std::size_t count) {
    rm_.submit_many(count);
    rm_.settle();
    EXPECT_THAT(rm_.errors(), ::testing::IsEmpty());
  }
  JournalUrl home() const {
    JournalUrl url;
    url.path = rm_.directory;
    return rm_.directory.empty() ? cluster_.url() : url;
  }
  // The process ends, the journal moves, and a process is started where it now is: with an equal state, of the image that it had.
  void move_to(const std::string& directory) {
    ASSERT_TRUE(rm_.stop());
    const std::vector<std::string> left = rm_.state();
    const JournalUrl from = home();
    rm_.directory = directory;
    TransferOptions transfer;
    transfer.log = log_options(rm_.options);
    NotingWatcher watcher;
    const auto moved = cluster_.world().wait(move_journal(rm_.machine().seams(), from, home(), transfer, watcher));
    ASSERT_TRUE(moved) << moved.error().text();
    start();
    EXPECT_EQ(rm_.state(), left);
  }

  SimCluster cluster_;
  MovingRm rm_{cluster_};
};

TEST_F(MovingStateTest, goes_to_a_quorum_and_back_with_its_image_and_the_log_behind_it) {
  commit(300);
  ASSERT_TRUE(rm_.checkpoint());
  commit(50);
  move_to("");
  EXPECT_GT(rm_.replica().status().recovery.image_txid, TxId{300});
  commit(200);
  ASSERT_TRUE(rm_.checkpoint());
  commit(20);
  move_to("/rm/back");
  EXPECT_GT(rm_.replica().status().recovery.image_txid, TxId{550});
  EXPECT_EQ(rm_.state().size(), 570u);
  commit(10);
}

TEST_F(MovingStateTest, a_purged_log_moves_with_the_image_that_stands_for_its_beginning) {
  for (int image = 0; image < 3; ++image) {
    commit(1500);
    ASSERT_TRUE(rm_.checkpoint());
  }
  commit(30);
  move_to("");
  EXPECT_EQ(rm_.state().size(), 4530u);
  move_to("/rm/back");
  commit(10);
}

TEST_F(MovingStateTest, the_quorum_keeps_the_state_while_each_node_in_turn_is_away) {
  commit(100);
  move_to("");
  for (unsigned node = 1; node <= 3; ++node) {
    cluster_.kill(node);
    commit(50);
    cluster_.start(node);
    rm_.kill();
    start();
  }
  EXPECT_EQ(rm_.state().size(), 250u);
}

}  // namespace
}  // namespace varve
