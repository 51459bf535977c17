// Tells rot in unwritten space from sectors that were written.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "varve/types.h"

namespace varve {

// The file offset of the first byte that is wrong in a sector which is mostly, but not wholly, as it was prepared. A write replaces the
// whole sector, so nothing but rot leaves one that is half of each.
std::optional<std::uint64_t> rot_in_unwritten(Uuid namespace_id, std::uint64_t salt, std::uint64_t offset, Bytes sector);

// A sector as it was prepared, with whatever salt: the same word all over.
bool is_one_word(Bytes sector);

}  // namespace varve
