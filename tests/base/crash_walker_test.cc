#include "tests/support/crash_walker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/result.h"

namespace varve {
namespace {

using testing::HasSubstr;

// Replaces a small file by the book: beside, sync, rename, sync of the directory; or with one step left out.
enum class Mistake { kNone, kNoFileSync, kNoDirectorySync };

class ReplaceScenario final : public CrashScenario {
 public:
  explicit ReplaceScenario(Mistake mistake) : mistake_(mistake) {}

  kj::Promise<Result<void>> setup(SimWorld& world) override { return replace(world, "old contents", Mistake::kNone); }
  kj::Promise<Result<void>> run(SimWorld& world) override { return replace_and_note(world); }
  kj::Promise<Result<void>> check(SimWorld& world) override { return compare(world); }
  kj::Promise<Result<void>> recover(SimWorld& world) override { return remove_leftovers(world); }

 private:
  static Task<Result<void>> replace(SimWorld& world, std::string_view text, Mistake mistake) {
    CO_ASSIGN_OR_RETURN(kj::Own<Directory> directory, co_await world.disk().create_directory("/d"));
    CO_ASSIGN_OR_RETURN(kj::Own<File> file, co_await directory->create("new", {.write = true}));
    std::string padded(text);
    padded.resize(3 * kSectorBytes, '.');
    std::vector<Bytes> pieces = {as_bytes(padded)};
    CO_TRY(co_await file->write(0, pieces));
    if (mistake != Mistake::kNoFileSync) CO_TRY(co_await file->sync());
    CO_TRY(co_await directory->rename("new", "file"));
    if (mistake != Mistake::kNoDirectorySync) CO_TRY(co_await directory->sync());
    co_return ok();
  }

  Task<Result<void>> replace_and_note(SimWorld& world) {
    CO_TRY(co_await replace(world, "new contents", mistake_));
    acknowledged_ = true;
    co_return ok();
  }

  Task<Result<void>> compare(SimWorld& world) {
    if (!world.disk().exists("/d/file")) co_return fail(ErrorCode::kDamaged, "the file is gone");
    std::vector<std::byte> bytes = world.disk().read_all("/d/file");
    bool is_new = as_text(bytes).starts_with("new contents");
    bool is_old = as_text(bytes).starts_with("old contents");
    if (bytes.size() != 3 * kSectorBytes || bytes.back() != std::byte{'.'} || !(is_new || is_old))
      co_return fail(ErrorCode::kDamaged, "the file is torn");
    if (acknowledged_ && !is_new) co_return fail(ErrorCode::kDamaged, "the acknowledged contents are lost");
    co_return ok();
  }

  static Task<Result<void>> remove_leftovers(SimWorld& world) {
    CO_ASSIGN_OR_RETURN(kj::Own<Directory> directory, co_await world.disk().open_directory("/d"));
    Result<void> removed = co_await directory->remove("new");
    co_return ok();
  }

  Mistake mistake_;
  bool acknowledged_ = false;
};

// The path is short and each mistake shows at one operation only: sanitizers too walk through each.
CrashWalkReport walk(Mistake mistake, CrashWalkOptions options = {}) {
  options.operation_stride = 1;
  return walk_crashes([mistake] { return std::make_unique<ReplaceScenario>(mistake); }, options);
}

TEST(CrashWalker, passes_a_correct_path) {
  CrashWalkReport report = walk(Mistake::kNone);
  EXPECT_TRUE(report.passed()) << report.text();
  EXPECT_EQ(report.operations, 6u);
  EXPECT_GT(report.cases, 20u);
  EXPECT_GT(report.crash_after_crash, 0u);
}

TEST(CrashWalker, finds_a_missing_sync_of_the_file) {
  EXPECT_THAT(walk(Mistake::kNoFileSync).text(), HasSubstr("torn"));
}

TEST(CrashWalker, finds_a_missing_sync_of_the_directory) {
  EXPECT_THAT(walk(Mistake::kNoDirectorySync).text(), HasSubstr("the acknowledged contents are lost"));
}

TEST(CrashWalker, fails_on_a_disk_whose_sync_does_nothing) {
  EXPECT_FALSE(walk(Mistake::kNone, {.sync_is_noop = true}).passed());
}

TEST(CrashWalker, names_the_operation_the_outcome_and_how_to_repeat_it) {
  std::string text = walk(Mistake::kNoFileSync).text();
  EXPECT_THAT(text, HasSubstr("crash before operation"));
  EXPECT_THAT(text, HasSubstr("rename of /d/new to file"));
  EXPECT_THAT(text, HasSubstr("VARVE_CRASH_CASE="));
}

TEST(CrashWalker, tries_all_subsets_of_few_units) {
  SimRandom random(1);
  std::vector<CrashOutcome> outcomes = crash_outcomes(std::vector<UnsyncedUnit>(3), {.random_outcomes = 0}, random);
  EXPECT_EQ(outcomes.size(), 8u);
}

TEST(CrashWalker, tries_prefixes_and_singles_of_many_units) {
  SimRandom random(1);
  std::vector<CrashOutcome> outcomes = crash_outcomes(std::vector<UnsyncedUnit>(20), {.random_outcomes = 0}, random);
  EXPECT_EQ(outcomes.size(), 21u + 20u + 20u);
}

TEST(CrashWalker, tears_a_write_at_every_sector_in_both_directions) {
  SimRandom random(1);
  std::vector<CrashOutcome> outcomes = crash_outcomes({UnsyncedUnit{"", 5}}, {.random_outcomes = 0}, random);
  EXPECT_EQ(outcomes.size(), 2u + 2 * 4u);
}

}  // namespace
}  // namespace varve
