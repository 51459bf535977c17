// Today's code on files that were written when their layout was new: they verify clean, print as they did, open, give the state that
// was stored, and go on.
#include <gmock/gmock.h>

#include <filesystem>

#include "base/check.h"
#include "tests/golden/golden_rm.h"
#include "tests/support/temp_directory.h"
#include "tests/tools/observatory_world.h"
#include "tools/image_cat.h"
#include "tools/image_verify.h"
#include "tools/log_cat.h"
#include "tools/log_verify.h"

namespace varve {
namespace {

namespace fs = std::filesystem;
using varve::testing::another_application;
using varve::testing::golden_options;
using varve::testing::ObservatoryWorld;
using varve::testing::read_file;
using varve::testing::Viewed;

std::string golden(const std::string& path) {
  return std::string(VARVE_GOLDEN) + "/1/" + path;
}

// A real directory on a simulated disk: the viewers are read-only, and here they could not be otherwise.
class Shown {
 public:
  explicit Shown(const std::string& directory) {
    for (const auto& entry : fs::recursive_directory_iterator(directory)) {
      const std::string path = "/golden/" + fs::relative(entry.path(), directory).string();
      if (entry.is_directory()) world_.disk().add_directory(path);
      if (entry.is_regular_file() && entry.file_size() > 0) world_.disk().write_all(path, as_bytes(read_file(entry.path())));
    }
  }

  Viewed view(Task<void> (*what)(Viewer&)) { return world_.view(what, {.paths = {"/golden"}, .json = true, .secrets = Secrets::kShow}); }
  void expect_clean(Task<void> (*verify)(Viewer&)) {
    const Viewed viewed = view(verify);
    EXPECT_EQ(viewed.exit_status, kExitFine);
    EXPECT_EQ(viewed.problems, "");
  }
  void expect_prints(Task<void> (*cat)(Viewer&), const std::string& file) {
    const Viewed viewed = view(cat);
    EXPECT_EQ(viewed.exit_status, kExitFine);
    EXPECT_EQ(viewed.problems, "");
    EXPECT_EQ(viewed.out, read_file(golden(file))) << file;
  }

 private:
  ObservatoryWorld world_;
};

class GoldenRm : public ::testing::Test {
 protected:
  GoldenRm() {
    fs::copy(golden("rm"), data_, fs::copy_options::recursive);
    for (const char* part : {"/journal", "/images"}) fs::permissions(data_ + part, fs::perms::owner_all);
    for (const auto& entry : fs::recursive_directory_iterator(data_)) fs::permissions(entry.path(), fs::perms::owner_all);
  }

  std::unique_ptr<RmStore> open() {
    auto store = RmStore::open(golden_options(data_), {});
    CHECK(store.has_value(), store.error().text());
    return std::move(*store);
  }

  TempDirectory scratch_;
  const std::string data_ = scratch_.path("data");
};

TEST(Golden, log_verifies_clean) {
  Shown(golden("rm")).expect_clean(log_verify);
}

TEST(Golden, images_verify_clean) {
  Shown(golden("rm")).expect_clean(image_verify);
  Shown(golden("nights")).expect_clean(image_verify);
}

TEST(Golden, log_prints_every_transaction) {
  Shown(golden("rm")).expect_prints(log_cat, "rm/log.jsonl");
}

TEST(Golden, images_print_every_record) {
  Shown(golden("rm")).expect_prints(image_cat, "rm/image.jsonl");
  Shown(golden("nights")).expect_prints(image_cat, "nights/image.jsonl");
}

TEST_F(GoldenRm, state_is_what_was_stored) {
  auto store = open();
  EXPECT_GT(store->engine().status().recovery.image_txid.value, 0u);
  EXPECT_GT(store->engine().status().recovery.replayed, 0u);
  ASSERT_TRUE(store->engine().checkpoint());
  ASSERT_TRUE(store->close());
  Shown(data_).expect_prints(image_cat, "rm/state.jsonl");
}

TEST_F(GoldenRm, it_goes_on) {
  auto store = open();
  const auto before = store->load_state();
  ASSERT_TRUE(before) << before.error().text();
  const rm::Application added = another_application();
  ASSERT_TRUE(store->store_application(added).get());
  ASSERT_TRUE(store->close());
  Shown(data_).expect_clean(log_verify);

  rm::Snapshot expected = *before;
  expected.applications[added.id] = added;
  store = open();
  const auto after = store->load_state();
  ASSERT_TRUE(after) << after.error().text();
  EXPECT_TRUE(*after == expected);
  ASSERT_TRUE(store->close());
}

}  // namespace
}  // namespace varve
