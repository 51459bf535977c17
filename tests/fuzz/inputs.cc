#include "tests/fuzz/inputs.h"

#include <algorithm>
#include <filesystem>

#include "tests/tools/observatory.h"

namespace varve::fuzz {

std::vector<std::string> found_by_fuzzing(std::string_view entry_point) {
  std::vector<std::string> found;
  const std::filesystem::path directory = std::filesystem::path(VARVE_FUZZ_FOUND) / entry_point;
  if (!std::filesystem::exists(directory)) return found;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) found.push_back(testing::read_file(entry.path()));
  return found;
}

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

}  // namespace varve::fuzz
