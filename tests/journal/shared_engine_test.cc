// Two resource managers on one shared directory, on the real disk and real threads.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/bytes.h"
#include "tests/ha/ledger_machine.h"
#include "tests/support/temp_directory.h"
#include "varve/engine.h"

namespace varve {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class SharedEngineTest : public ::testing::Test {
 protected:
  struct Rm {
    LedgerMachine machine;
    std::unique_ptr<Engine> engine;
  };

  Options options(const std::string& name) {
    Options options;
    options.journal = "shared://" + directory_.path("journal");
    options.image_directory = directory_.path("images-" + name);
    options.writer_name = name;
    options.segment_bytes_max = 1u << 20;
    options.disk_reserve_bytes = 1u << 20;
    options.mark_delay = std::chrono::milliseconds(100);
    return options;
  }
  void open(Rm& rm, const std::string& name) {
    auto engine = Engine::open(options(name), rm.machine);
    ASSERT_TRUE(engine) << engine.error().text();
    rm.engine = std::move(*engine);
  }
  Result<Committed> submit(Rm& rm, const std::string& transaction) { return rm.engine->submit(as_bytes(transaction)).get(); }

  TempDirectory directory_;
  Rm first_;
  Rm second_;
};

TEST_F(SharedEngineTest, a_second_rm_takes_over_from_a_living_one) {
  open(first_, "rm1");
  ASSERT_TRUE(submit(first_, "a"));
  open(second_, "rm2");
  const auto late = submit(first_, "late");
  ASSERT_FALSE(late);
  ASSERT_TRUE(submit(second_, "b"));
  EXPECT_EQ(first_.engine->status().role, Status::Role::kFailed);
  if (late.error().ticket()) {
    EXPECT_EQ(*second_.engine->outcome(*late.error().ticket()), Outcome::kNever);
  }
  EXPECT_THAT(second_.machine.entries(), ElementsAre("a", "b"));
}

TEST_F(SharedEngineTest, reigns_alternate_and_lose_nothing) {
  std::vector<std::string> expected;
  for (int i = 0; i < 6; ++i) {
    Rm& rm = i % 2 == 0 ? first_ : second_;
    open(rm, i % 2 == 0 ? "rm1" : "rm2");
    for (int k = 0; k < 50; ++k) {
      expected.push_back(std::to_string(i) + "/" + std::to_string(k));
      ASSERT_TRUE(submit(rm, expected.back()));
    }
    EXPECT_EQ(rm.machine.entries(), expected);
    if (i % 3 == 0) {
      ASSERT_TRUE(rm.engine->close());
    }
    rm.engine.reset();
  }
}

TEST_F(SharedEngineTest, a_shared_journal_has_no_default_place_for_images) {
  Options options = this->options("rm1");
  options.image_directory.clear();
  const auto engine = Engine::open(options, first_.machine);
  ASSERT_FALSE(engine);
  EXPECT_THAT(engine.error().text(), HasSubstr("image_directory"));
}

}  // namespace
}  // namespace varve
