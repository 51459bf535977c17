// What the fuzzers run, on the golden files, on what fuzzing once found, and on quick mutants of both: so that fuzzers do not rot where
// nobody runs them.
#include <gtest/gtest.h>

#include <random>

#include "base/bytes.h"
#include "tests/fuzz/entry_points.h"
#include "tests/fuzz/inputs.h"
#include "tests/fuzz/seeds.h"

namespace varve::fuzz {
namespace {

constexpr int kMutantsPerEntryPoint = 400;

class FuzzEntryPoint : public ::testing::TestWithParam<EntryPoint> {};

TEST_P(FuzzEntryPoint, accepts_the_golden_files) {
  const std::vector<std::string> seeds = seeds_of(GetParam().name);
  ASSERT_FALSE(seeds.empty());
  for (std::size_t i = 0; i < seeds.size(); ++i) EXPECT_TRUE(GetParam().run(as_bytes(seeds[i]))) << "seed " << i;
}

TEST_P(FuzzEntryPoint, survives_what_fuzzing_found_and_mutants) {
  std::mt19937_64 random(20261123);
  std::vector<std::string> begin = seeds_of(GetParam().name);
  for (std::string& found : found_by_fuzzing(GetParam().name)) {
    GetParam().run(as_bytes(found));
    begin.push_back(std::move(found));
  }
  for (int i = 0; i < kMutantsPerEntryPoint; ++i) GetParam().run(as_bytes(mutant_of(begin[i % begin.size()], random)));
  GetParam().run({});
}

INSTANTIATE_TEST_SUITE_P(All, FuzzEntryPoint, ::testing::ValuesIn(entry_points().begin(), entry_points().end()),
                         [](const auto& entry) { return std::string(entry.param.name); });

}  // namespace
}  // namespace varve::fuzz
