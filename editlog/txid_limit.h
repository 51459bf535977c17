// The highest txid that a file's name can hold.
#pragma once

#include <cstdint>

namespace varve {

inline constexpr std::uint64_t kTxidMax = 9'999'999'999'999'999'999ull;  // 19 digits

}  // namespace varve
