// `varve log verify` and `varve image verify` find each single flipped byte of a directory that an engine left: two images, finalized
// segments, one in progress with preallocated space, one prepared ahead, the reserve, slots and VERSION. Nothing else stands there.
#include <gmock/gmock.h>

#include "editlog/segment_file.h"
#include "tests/tools/observatory_world.h"
#include "tools/image_verify.h"
#include "tools/log_verify.h"

namespace varve {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;
using varve::testing::kDataPath;
using varve::testing::ObservatoryWorld;
using varve::testing::Viewed;

constexpr std::size_t kShards = 8;  // so that they run side by side

class FlippedByteTest : public ::testing::TestWithParam<std::size_t> {
 protected:
  FlippedByteTest() {
    world_.start();
    world_.record_nights(3);
    world_.checkpoint();
    world_.record_nights(3);
    world_.checkpoint();
    world_.stop();
  }

  Viewed verify_log() { return world_.view(log_verify); }
  Viewed verify_images() { return world_.view(image_verify); }

  // The tool says that all is well, and says nothing else.
  void expect_good(const std::string& when) {
    for (const Viewed& viewed : {verify_log(), verify_images()}) {
      EXPECT_EQ(viewed.exit_status, kExitFine) << when;
      EXPECT_EQ(viewed.problems, "") << when;
    }
  }

  void expect_found(const std::string& path, std::size_t offset) {
    const auto mask = std::byte(1u << (offset / kShards + offset) % 8);
    world_.disk().flip_bits(path, offset, mask);
    const Viewed viewed = path.starts_with(kDataPath + "/images/") ? verify_images() : verify_log();
    world_.disk().flip_bits(path, offset, mask);
    ASSERT_EQ(viewed.exit_status, kExitFailed) << path << " offset " << offset;
    ASSERT_THAT(viewed.problems, HasSubstr(path)) << "offset " << offset;
  }

  ObservatoryWorld world_;
};

TEST_F(FlippedByteTest, the_directory_has_every_kind_of_file) {
  EXPECT_THAT(world_.files_named("fsimage_"), SizeIs(2));
  EXPECT_GE(world_.files_named("edits_0").size(), 1u);
  ASSERT_THAT(world_.files_named("edits_inprogress_"), SizeIs(1));
  for (const std::string_view name : {kPreparedFile, kReserveFile, kSlotsFile, kVersionFile})
    EXPECT_THAT(world_.files_named(std::string(name)), SizeIs(1)) << name;

  const std::string open = world_.newest("edits_inprogress_");
  const std::vector<std::byte> bytes = world_.disk().read_all(open);
  const auto record = load_as<PreallocationRecord>(Bytes(bytes).subspan(kPreallocationOffset));
  EXPECT_EQ(record.file_bytes, bytes.size());
  const std::size_t last = bytes.size() - kSectorBytes;
  EXPECT_TRUE(is_unwritten(record.namespace_id, record.salt, last, Bytes(bytes).subspan(last))) << "preallocated space";
  expect_good("before");
}

TEST_P(FlippedByteTest, is_found) {
  const std::size_t shard = GetParam();
  std::size_t bytes = 0;
  for (const std::string& path : world_.files()) {
    const std::size_t size = world_.disk().size_of(path);
    ASSERT_GE(size, kShards) << path;
    bytes += size;
    for (std::size_t offset = shard; offset < size && !HasFatalFailure(); offset += kShards) expect_found(path, offset);
  }
  EXPECT_GT(bytes, 64u << 10);
  expect_good("after the last byte was put back");
}

INSTANTIATE_TEST_SUITE_P(Shards, FlippedByteTest, ::testing::Range(std::size_t{0}, kShards));

}  // namespace
}  // namespace varve
