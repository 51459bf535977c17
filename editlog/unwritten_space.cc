#include "editlog/unwritten_space.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "editlog/segment_format.h"

namespace varve {

std::optional<std::uint64_t> rot_in_unwritten(Uuid namespace_id, std::uint64_t salt, std::uint64_t offset, Bytes sector) {
  if (sector.size() != kSectorBytes || is_unwritten(namespace_id, salt, offset, sector)) return std::nullopt;
  std::array<std::byte, kSectorBytes> expected;
  fill_unwritten(namespace_id, salt, offset, expected);
  std::size_t same = 0;
  std::optional<std::uint64_t> first_wrong;
  for (std::size_t i = 0; i < sector.size(); ++i) {
    if (sector[i] == expected[i])
      ++same;
    else if (!first_wrong)
      first_wrong = offset + i;
  }
  return same >= sector.size() / 2 ? first_wrong : std::nullopt;
}

bool is_one_word(Bytes sector) {
  constexpr std::size_t kWord = sizeof(std::uint64_t);
  return sector.size() == kSectorBytes && std::equal(sector.begin() + kWord, sector.end(), sector.begin());
}

}  // namespace varve
