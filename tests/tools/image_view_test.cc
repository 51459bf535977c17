// The viewers of images, over images whose schema they have never seen.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/tools/observatory_world.h"
#include "tools/image_cat.h"
#include "tools/image_stat.h"
#include "tools/image_verify.h"

namespace varve {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using varve::testing::kDataPath;
using varve::testing::ObservatoryWorld;
using varve::testing::Viewed;

class ImageViewTest : public ::testing::Test {
 protected:
  ImageViewTest() {
    world_.start();
    world_.record_nights(3);
    world_.checkpoint();
    world_.record_nights(2);
    world_.checkpoint();
    world_.stop();
    for (const std::string& path : world_.files()) {
      if (path.find("/fsimage_") != std::string::npos) images_.push_back(path);
    }
    EXPECT_EQ(images_.size(), 2u);
  }

  ObservatoryWorld world_;
  std::vector<std::string> images_;  // oldest first
};

TEST_F(ImageViewTest, cat_prints_every_record_of_the_newest_image_with_its_fields_by_name) {
  const Viewed viewed = world_.view_json(image_cat);
  EXPECT_EQ(viewed.exit_status, kExitFine) << viewed.problems;
  ASSERT_EQ(viewed.lines().size(), 6u);
  for (unsigned i = 0; i < 5; ++i) {
    const auto line = nlohmann::json::parse(viewed.lines()[i]);
    EXPECT_EQ(line["section"], "nights");
    EXPECT_EQ(line["record"]["moon"], 0.25);
  }
  const auto opaque = nlohmann::json::parse(viewed.lines()[5]);
  EXPECT_EQ(opaque["section"], "notes");
  EXPECT_EQ(opaque["record"].get<std::string>().substr(0, 4), "6e6e");
}

TEST_F(ImageViewTest, cat_shows_secrets_only_when_asked) {
  for (const char* secret : {"sesame", "deadbeef", "4711", "42424242", "swordfish"}) {
    EXPECT_THAT(world_.view(image_cat).out, Not(HasSubstr(secret)));
    EXPECT_THAT(world_.view_json(image_cat).out, Not(HasSubstr(secret)));
  }
  EXPECT_THAT(world_.view_json(image_cat, Secrets::kShow).out, HasSubstr("open sesame"));
}

TEST_F(ImageViewTest, cat_takes_an_older_image_by_its_name_or_by_its_txid) {
  const std::string older = world_.view(image_cat, {.paths = {images_[0]}, .json = true}).out;
  const auto txid = std::stoull(images_[0].substr(images_[0].find('_') + 1));
  EXPECT_EQ(world_.view(image_cat, {.paths = {kDataPath}, .json = true, .to = TxId{txid}}).out, older);
  EXPECT_NE(world_.view_json(image_cat).out, older);
}

TEST_F(ImageViewTest, stat_counts_records) {
  const Viewed viewed = world_.view_json(image_stat);
  ASSERT_EQ(viewed.lines().size(), 2u);
  const auto newest = nlohmann::json::parse(viewed.lines()[1]);
  EXPECT_EQ(newest["file"], images_[1]);
  EXPECT_EQ(newest["schema_name"], "observatory");
  EXPECT_EQ(newest["sections"][0]["name"], "nights");
  EXPECT_EQ(newest["sections"][0]["records"], 5);
  EXPECT_EQ(newest["sections"][1]["required"], false);
}

TEST_F(ImageViewTest, verify_finds_good_images_good) {
  const Viewed viewed = world_.view(image_verify);
  EXPECT_EQ(viewed.exit_status, kExitFine) << viewed.problems;
  EXPECT_THAT(viewed.lines().back(), HasSubstr("2 images"));
  EXPECT_THAT(viewed.lines().back(), HasSubstr("0 damaged"));
  const auto summary = nlohmann::json::parse(world_.view_json(image_verify).lines().back());
  EXPECT_EQ(summary["images"], 2);
  EXPECT_EQ(summary["damaged"], 0);
}

TEST_F(ImageViewTest, verify_goes_on_behind_a_damaged_image) {
  world_.disk().flip_bits(images_[0], 4096 + 200);
  const Viewed viewed = world_.view(image_verify);
  EXPECT_EQ(viewed.exit_status, kExitFailed);
  EXPECT_THAT(viewed.lines().back(), HasSubstr("1 damaged"));
  EXPECT_THAT(viewed.out, HasSubstr(images_[1] + ": good"));
}

TEST_F(ImageViewTest, every_viewer_says_that_no_image_is_wanted) {
  for (auto* view : {image_cat, image_stat, image_verify}) {
    const Viewed viewed = world_.view(view, {.paths = {kDataPath}, .from = TxId{1'000'000}});
    EXPECT_EQ(viewed.exit_status, kExitFailed);
    EXPECT_THAT(viewed.problems, HasSubstr("--from"));
  }
}

TEST_F(ImageViewTest, every_viewer_says_in_one_line_what_is_no_image) {
  world_.disk().write_all("/data/poem", as_bytes(std::string(10'000, 'x')));
  world_.disk().write_all("/data/empty", {});
  for (const std::string path : {"/data/poem", "/data/empty", "/data/absent", "/data/journal"}) {
    for (auto* view : {image_cat, image_stat, image_verify}) {
      const Viewed viewed = world_.view(view, {.paths = {path}});
      EXPECT_EQ(viewed.exit_status, kExitFailed);
      EXPECT_THAT(viewed.problems, HasSubstr(path));
      EXPECT_EQ(viewed.problems.find('\n'), viewed.problems.size() - 1) << viewed.problems;
    }
  }
}

}  // namespace
}  // namespace varve
