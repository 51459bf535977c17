// Journal nodes whose disks are full or read-only while others are not, or all of them.
#include <signal.h>

#include "tests/process/cluster_disks.h"

namespace varve {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class ClusterDiskTest : public ClusterDisks {
 protected:
  static constexpr std::uint64_t kDiskBytes = 64u << 20;

  void SetUp() override {
    if (const std::string why = LoopMount::unavailable(FileSystem::kExt4); !why.empty()) GTEST_SKIP() << why;
    options = {"--interval-us", "1000"};  // so that the disk is not full of the log itself
  }
  // What the node answers to who asks whether it is ready; the connection stays open.
  std::string readiness_of(std::size_t index) {
    const std::string host = node(index).pages_address();
    const std::string tcp = "/dev/tcp/" + host.substr(0, host.find(':')) + "/" + host.substr(host.find(':') + 1);
    const std::string ask =
        "exec 3<>" + tcp + R"( && printf 'GET /readyz HTTP/1.1\r\nHost: n\r\n\r\n' >&3; while read -t 0.3 line <&3; do echo "$line"; done)";
    return run({{find_program("bash"), "-c", ask}, {}}).output;
  }
};

TEST_F(ClusterDiskTest, writing_goes_on_beside_a_full_disk_whose_node_says_so_and_is_level_when_there_is_room) {
  begin_on(1, FileSystem::kExt4, kDiskBytes);
  write();
  fill(0);
  wait_for_more(10'000);
  EXPECT_THAT(readiness_of(0), HasSubstr("503"));
  EXPECT_THAT(readiness_of(0), HasSubstr("disk"));
  EXPECT_TRUE(node(0).runs());
  make_room(0);
  wait_for_more(1);
  ASSERT_EQ(level(), "");
  EXPECT_THAT(readiness_of(0), HasSubstr("200"));
  kill();
  expect_all_well();
}

TEST_F(ClusterDiskTest, full_disks_everywhere_refuse_work_and_lose_nothing_and_take_it_again_when_there_is_room) {
  begin_on(3, FileSystem::kExt4, kDiskBytes);
  write(100, {"--commit-patience-ms", "1000"});
  for (std::size_t i = 0; i < disks(); ++i) fill(i);
  EXPECT_EQ(process().wait(), 3) << process().output();
  EXPECT_THAT(process().output(), HasSubstr("failed ("));
  const Ran refused = run(writer("write", {"--count", "100000", "--commit-patience-ms", "1000"}));
  EXPECT_THAT(refused.output, Not(HasSubstr("wrong: ")));
  EXPECT_EQ(refused.status, 3) << refused.output;
  for (std::size_t i = 0; i < disks(); ++i) make_room(i);
  expect_all_well();
}

TEST_F(ClusterDiskTest, a_node_that_was_restarted_on_a_full_disk_is_level_when_there_is_room) {
  begin_on(1, FileSystem::kExt4, kDiskBytes);
  write();
  fill(0);
  kill_node(0);
  wait_for_more(5'000);
  start_node(0);
  wait_for_more(5'000);
  make_room(0);
  ASSERT_EQ(level(), "");
  kill();
  expect_all_well();
}

TEST_F(ClusterDiskTest, writing_goes_on_beside_a_disk_that_turns_read_only_and_the_node_comes_back_with_it) {
  begin_on(1, FileSystem::kExt4, kDiskBytes);
  write();
  disk(0).remount("abort");  // what ext4 does when it finds itself damaged
  wait_for_more(5000);
  EXPECT_TRUE(node(0).wait_until_says("does not vote")) << node(0).process().output();
  EXPECT_THAT(readiness_of(0), HasSubstr("503"));
  kill_node(0);
  disk(0).unmount();
  disk(0).mount();
  start_node(0);
  ASSERT_EQ(level(), "");
  kill();
  expect_all_well();
}

TEST_F(ClusterDiskTest, a_node_says_that_its_disk_is_read_only_when_it_starts) {
  begin_on(1, FileSystem::kExt4, kDiskBytes);
  write();
  kill_node(0);
  disk(0).remount("ro");
  node(0).launch();
  EXPECT_TRUE(node(0).wait_until_says("ead-only")) << node(0).process().output();
  EXPECT_THAT(node(0).process().output(), HasSubstr(node(0).directory()));
  wait_for_more(1000);
  node(0).kill();
  disk(0).remount("rw");
  start_node(0);
  ASSERT_EQ(level(), "");
  kill();
  expect_all_well();
}

}  // namespace
}  // namespace varve
