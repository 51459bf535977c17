#include "tools/journalnode/nearest_word.h"

#include <algorithm>
#include <numeric>

#include "base/check.h"

namespace varve {

namespace {

std::size_t edits_between(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);  // edits from a[0, i) to b[0, j)
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

}  // namespace

std::string nearest_word(std::string_view word, const std::vector<std::string>& words) {
  CHECK(!words.empty());
  const std::string_view compared = word.substr(0, 100);  // longer ones are no slip of the finger
  const auto nearer = [compared](const std::string& a, const std::string& b) {
    return edits_between(compared, a) < edits_between(compared, b);
  };
  return *std::min_element(words.begin(), words.end(), nearer);
}

}  // namespace varve
