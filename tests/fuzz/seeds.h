// Where fuzzing begins: the golden files, and their parts.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace varve::fuzz {

// All of them are accepted by the entry point.
std::vector<std::string> seeds_of(std::string_view entry_point);

}  // namespace varve::fuzz
