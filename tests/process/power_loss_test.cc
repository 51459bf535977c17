// Power losses under load, on real file systems: killing a process loses no page cache, this does.
#include <signal.h>

#include "tests/process/loop_mount.h"
#include "tests/process/writer_test.h"

namespace varve {
namespace {

using ::testing::HasSubstr;

constexpr int kPowerLosses = 10;

class PowerLossTest : public WriterTest, public ::testing::WithParamInterface<FileSystem> {
 protected:
  void SetUp() override {
    if (const std::string why = LoopMount::unavailable(GetParam()); !why.empty()) GTEST_SKIP() << why;
    mount_ = std::make_unique<LoopMount>(scratch(), GetParam(), LoopMount::kBytesMin);
    use_home(mount_->path());
  }
  void TearDown() override { mount_.reset(); }

  // Lets it write, cuts the power at a random moment, and brings the disk back.
  void lose_power_under_load(Launch launch) {
    start(std::move(launch));
    wait_for_acknowledged(1 + below(4000));
    if (HasFatalFailure()) return;
    mount_->lose_power();
    kill_whatever_it_says();
    mount_->unmount();
    mount_->mount();
  }

 private:
  // It may have ended by itself: its disk is gone.
  void kill_whatever_it_says() {
    process().signal(SIGKILL);
    process().wait();
  }

  std::unique_ptr<LoopMount> mount_;
};

TEST_P(PowerLossTest, nothing_acknowledged_is_lost) {
  for (int round = 0; round < kPowerLosses; ++round) {
    lose_power_under_load(writer("write"));
    if (HasFatalFailure()) return;
    ASSERT_EQ(check(), "") << "power loss " << round << ", seed " << seed();
  }
}

TEST_P(PowerLossTest, nothing_acknowledged_is_lost_through_the_page_cache) {
  options = {"--buffered"};
  for (int round = 0; round < kPowerLosses; ++round) {
    lose_power_under_load(writer("write"));
    if (HasFatalFailure()) return;
    ASSERT_EQ(check(), "") << "power loss " << round << ", seed " << seed();
  }
}

// The test's own test: with syncs that do nothing the same power losses must be seen to lose. eatmydata takes away fsync and its kin; it
// does not know O_DIRECT and RWF_DSYNC, so the writer writes through the page cache, and a second library takes the flag away.
TEST_P(PowerLossTest, sees_the_loss_when_syncs_do_nothing) {
  const std::string eatmydata = find_library("libeatmydata.so");
  if (eatmydata.empty()) GTEST_SKIP() << "eatmydata is not installed";
  options = {"--buffered"};
  ASSERT_EQ(check(), "");
  for (int round = 0; round < 5; ++round) {
    Launch launch = writer("write");
    launch.environment.push_back("LD_PRELOAD=" + eatmydata + ":" + VARVE_NO_DSYNC);
    launch.environment.push_back("ASAN_OPTIONS=verify_asan_link_order=0");  // its library comes after the two
    lose_power_under_load(std::move(launch));
    if (HasFatalFailure()) return;
    if (const std::string wrong = check(); !wrong.empty()) {
      std::cout << "seen: " << wrong;
      return;
    }
  }
  FAIL() << "syncs did nothing, the power was lost five times, and no loss was seen: this test is blind";
}

INSTANTIATE_TEST_SUITE_P(, PowerLossTest, ::testing::Values(FileSystem::kExt4, FileSystem::kXfs),
                         [](const auto& parameter) { return std::string(to_string(parameter.param)); });

}  // namespace
}  // namespace varve
