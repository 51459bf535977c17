// For mistyped words: which one was meant.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace varve {

// Of `words` (not empty) the one that takes the fewest letters changed, added or left out; the first of several.
std::string nearest_word(std::string_view word, const std::vector<std::string>& words);

}  // namespace varve
