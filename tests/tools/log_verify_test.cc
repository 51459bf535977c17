// `varve log verify` finds whatever is not as it was written.
#include "tools/log_verify.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/tools/observatory_world.h"

namespace varve {
namespace {

using ::testing::HasSubstr;
using varve::testing::ObservatoryWorld;
using varve::testing::Viewed;

class LogVerifyTest : public ::testing::Test {
 protected:
  LogVerifyTest() {
    world_.start();
    world_.record_nights(6);
    world_.stop();
    for (const std::string& path : world_.files()) {
      if (path.starts_with("/data/journal/")) files_.push_back(path);
    }
  }

  Viewed verify() { return world_.view(log_verify); }

  ObservatoryWorld world_;
  std::vector<std::string> files_;
};

TEST_F(LogVerifyTest, finds_a_good_log_good_and_counts_it) {
  const Viewed viewed = verify();
  EXPECT_EQ(viewed.exit_status, kExitFine) << viewed.problems;
  EXPECT_EQ(viewed.problems, "");
  const auto summary = nlohmann::json::parse(world_.view_json(log_verify).lines().back());
  EXPECT_EQ(summary["damage"], 0);
  EXPECT_EQ(summary["notes"], 0);
  EXPECT_GE(summary["transactions"], 6);
  EXPECT_GE(summary["segments"], 2);
}

TEST_F(LogVerifyTest, finds_each_missing_file_that_counts) {
  const auto before = world_.disk().snapshot();
  for (const std::string& path : files_) {
    if (path.ends_with("/reserve") || path.ends_with(".tmp")) continue;  // may be missing
    world_.disk().remove_file(path);
    EXPECT_EQ(verify().exit_status, kExitFailed) << path;
    world_.disk().restore(before);
  }
}

TEST_F(LogVerifyTest, finds_each_flipped_byte_of_a_segment_that_is_named_alone) {
  const std::string path = world_.newest("edits_0");
  EXPECT_EQ(world_.view(log_verify, {.paths = {path}}).exit_status, kExitFine);
  const std::size_t size = world_.disk().read_all(path).size();
  for (std::size_t offset = 0; offset < size; offset += 7) {
    world_.disk().flip_bits(path, offset);
    const Viewed viewed = world_.view(log_verify, {.paths = {path}});
    ASSERT_EQ(viewed.exit_status, kExitFailed) << "offset " << offset;
    ASSERT_THAT(viewed.problems, HasSubstr(path));
    world_.disk().flip_bits(path, offset);
  }
}

TEST_F(LogVerifyTest, names_a_segment_as_it_was_named) {
  world_.disk().rename_file(world_.newest("edits_0"), "/data/journal/a copy");
  EXPECT_EQ(world_.view(log_verify, {.paths = {"/data/journal/a copy"}}).exit_status, kExitFine);
  world_.disk().flip_bits("/data/journal/a copy", 5000);
  const Viewed viewed = world_.view(log_verify, {.paths = {"/data/journal/a copy"}});
  EXPECT_EQ(viewed.exit_status, kExitFailed);
  EXPECT_THAT(viewed.problems, HasSubstr("/data/journal/a copy at offset"));
}

TEST_F(LogVerifyTest, gives_each_finding_as_json_with_its_place) {
  world_.disk().flip_bits(files_.back(), 4096 + 17);
  const Viewed viewed = world_.view_json(log_verify);
  ASSERT_GE(viewed.lines().size(), 2u);
  const auto finding = nlohmann::json::parse(viewed.lines().front());
  EXPECT_EQ(finding["finding"], "damage");
  EXPECT_EQ(finding["file"], files_.back());
  EXPECT_TRUE(finding["offset"].is_number());
}

TEST_F(LogVerifyTest, what_a_killed_process_left_is_good) {
  world_.start();
  world_.record_nights(3);
  world_.kill();
  const Viewed viewed = verify();
  EXPECT_EQ(viewed.exit_status, kExitFine) << viewed.problems;
}

}  // namespace
}  // namespace varve
