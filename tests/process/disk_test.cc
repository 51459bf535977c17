// A writer process whose disk is full, read-only or not its own to write.
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "tests/process/loop_mount.h"
#include "tests/process/writer_test.h"

namespace varve {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class DiskTest : public WriterTest {
 protected:
  // One line of the output says so.
  static void expect_one_line(const Ran& ran, const std::string& code, const std::string& part) {
    EXPECT_EQ(ran.status, 3) << ran.output;
    EXPECT_THAT(ran.output, HasSubstr("failed (" + code + ")"));
    EXPECT_THAT(ran.output, HasSubstr(part));
    EXPECT_EQ(std::count(ran.output.begin(), ran.output.end(), '\n'), 1) << ran.output;
  }
};

class LoopDiskTest : public DiskTest {
 protected:
  void mount(std::uint64_t bytes) {
    disk_ = std::make_unique<LoopMount>(scratch(), FileSystem::kExt4, bytes);
    use_home(disk_->path());
  }
  void SetUp() override {
    if (const std::string why = LoopMount::unavailable(FileSystem::kExt4); !why.empty()) GTEST_SKIP() << why;
  }
  void TearDown() override { disk_.reset(); }
  std::unique_ptr<LoopMount> disk_;
};

TEST_F(LoopDiskTest, a_full_disk_refuses_work_and_loses_nothing_and_goes_on_when_there_is_room) {
  mount(24u << 20);
  options = {"--checkpoint-every", "0", "--segment-bytes", "1048576", "--segment-transactions", "1000000"};
  const std::string foreign = home() + "/something-else";
  std::ofstream(foreign) << std::string(4u << 20, 'x');
  const Ran full = run(writer("write"));
  EXPECT_EQ(full.status, 3);
  EXPECT_THAT(full.output, HasSubstr("failed (no_space)"));
  EXPECT_GT(record().acknowledged(), 1000u);
  for (int round = 0; round < 3; ++round) {
    const Ran again = try_check();
    EXPECT_THAT(again.output, HasSubstr("open: ")) << "a full disk must not stop recovery";
    EXPECT_THAT(again.output, Not(HasSubstr("wrong: ")));
  }
  std::filesystem::remove(foreign);
  EXPECT_EQ(check(), "");
  EXPECT_EQ(check({"--checkpoint-every", "5"}), "") << "a checkpoint makes room";
}

TEST_F(LoopDiskTest, a_read_only_file_system_is_refused_by_name_and_keeps_everything) {
  mount(24u << 20);
  start(writer("write"));
  wait_for_acknowledged(500);
  kill();
  disk_->remount("ro");
  const Ran refused = try_check();
  EXPECT_EQ(refused.status, 3) << refused.output;
  EXPECT_THAT(refused.output, HasSubstr("failed (read_only)"));
  EXPECT_THAT(refused.output, HasSubstr(home()));
  disk_->remount("rw");
  EXPECT_EQ(check(), "");
}

TEST_F(LoopDiskTest, a_disk_that_dies_under_the_writer_ends_the_reign_with_an_error) {
  mount(64u << 20);
  start(writer("write"));
  wait_for_acknowledged(500);
  disk_->lose_power();
  EXPECT_EQ(process().wait(), 3) << process().output();
  EXPECT_THAT(process().output(), HasSubstr("the reign of epoch 1 is over"));
  EXPECT_THAT(process().output(), HasSubstr(home()));
  disk_->unmount();
  disk_->mount();
  EXPECT_EQ(check(), "");
}

TEST_F(DiskTest, a_directory_without_rights_is_refused_in_one_line) {
  VARVE_NEEDS_ROOT;
  ASSERT_EQ(check(), "");
  chmod(scratch().c_str(), 0755);
  chmod(home().c_str(), 0755);
  Launch launch = writer("check");
  launch.unprivileged = true;
  expect_one_line(run(launch), "permission", home() + "/images");  // they are looked at before the journal is opened
  EXPECT_EQ(check(), "");
}

TEST_F(DiskTest, a_new_journal_where_nothing_may_be_created_is_refused_in_one_line) {
  VARVE_NEEDS_ROOT;
  chmod(scratch().c_str(), 0755);
  chmod(home().c_str(), 0755);
  Launch launch = writer("check");
  launch.unprivileged = true;
  expect_one_line(run(launch), "permission", home() + "/journal");
}

TEST_F(DiskTest, files_are_for_their_owner_only) {
  ASSERT_EQ(check({"--checkpoint-every", "5"}), "");
  for (const auto& entry : std::filesystem::recursive_directory_iterator(home())) {
    const auto others = entry.status().permissions() & (std::filesystem::perms::group_all | std::filesystem::perms::others_all);
    EXPECT_EQ(others, std::filesystem::perms::none) << entry.path();
  }
}

}  // namespace
}  // namespace varve
