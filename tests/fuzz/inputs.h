// Inputs for the entry points: where to begin, and what to make of it.
#pragma once

#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace varve::fuzz {

// What fuzzers once found for it, in tests/fuzz/found/.
std::vector<std::string> found_by_fuzzing(std::string_view entry_point);

// A few bytes changed, a piece cut off, or a piece put over another.
std::string mutant_of(std::string bytes, std::mt19937_64& random);

}  // namespace varve::fuzz
