// What the fuzzers run, on the golden files, on what fuzzing once found, and on quick mutants of both: so that fuzzers do not rot where
// nobody runs them.
#include <gtest/gtest.h>

#include <filesystem>
#include <random>

#include "tests/fuzz/entry_points.h"
#include "tests/fuzz/seeds.h"
#include "tests/tools/observatory.h"

namespace varve::fuzz {
namespace {

constexpr int kMutantsPerEntryPoint = 400;

// A few bytes changed, a piece cut off, or a piece put over another.
std::string mutant_of(std::string bytes, std::mt19937_64& random) {
  if (bytes.empty()) return bytes;
  const auto below = [&random](std::size_t bound) { return static_cast<std::size_t>(random() % bound); };
  switch (below(8)) {
    case 0:
      bytes.resize(below(bytes.size()));
      return bytes;
    case 1: {
      const std::string piece = bytes.substr(below(bytes.size()), 1 + below(64));
      const std::size_t place = below(bytes.size());
      return bytes.replace(place, std::min(piece.size(), bytes.size() - place), piece);
    }
    default:
      for (std::size_t changes = 1 + below(4); changes > 0; --changes)
        bytes[below(bytes.size())] = static_cast<char>(below(4) == 0 ? 0xff : random());
      return bytes;
  }
}

std::vector<std::string> found_by_fuzzing(std::string_view entry_point) {
  std::vector<std::string> found;
  const std::filesystem::path directory = std::filesystem::path(VARVE_FUZZ_FOUND) / entry_point;
  if (!std::filesystem::exists(directory)) return found;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) found.push_back(testing::read_file(entry.path()));
  return found;
}

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
