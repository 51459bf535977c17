// File systems that have shut themselves down, as they do when their own log cannot be written.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/real/posix_directory.h"
#include "tests/process/loop_mount.h"
#include "tests/process/scratch_directory.h"

namespace varve {
namespace {

class ShutdownTest : public ::testing::TestWithParam<FileSystem> {
 protected:
  void SetUp() override {
    if (const std::string why = LoopMount::unavailable(GetParam()); !why.empty()) GTEST_SKIP() << why;
    disk_ = std::make_unique<LoopMount>(scratch_.path(), GetParam(), LoopMount::kBytesMin);
    directory_ = *PosixDirectory::open(disk_->path());
  }
  std::shared_ptr<PosixFile> create(const std::string& name) { return *directory_->open_file(name, OpenMode{.write = true}, true); }

  ScratchDirectory scratch_;
  std::unique_ptr<LoopMount> disk_;
  std::shared_ptr<PosixDirectory> directory_;
};

TEST_P(ShutdownTest, a_renamed_file_is_not_said_to_be_synced) {
  create("before");
  ASSERT_TRUE(directory_->sync());
  ASSERT_TRUE(directory_->rename("before", "behind"));
  disk_->lose_power();
  EXPECT_FALSE(directory_->sync());
}

TEST_P(ShutdownTest, a_file_is_not_said_to_be_synced) {
  const std::shared_ptr<PosixFile> file = create("file");
  ASSERT_TRUE(file->preallocate(1u << 20));
  disk_->lose_power();
  EXPECT_FALSE(file->sync());
}

INSTANTIATE_TEST_SUITE_P(, ShutdownTest, ::testing::Values(FileSystem::kExt4, FileSystem::kXfs),
                         [](const auto& parameter) { return std::string(to_string(parameter.param)); });

}  // namespace
}  // namespace varve
