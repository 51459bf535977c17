// How exhaustively tests try all cases of one kind, each flipped byte, a crash before each operation: a release build tries each.
// Sanitizers take ten times as long and look for something else than the cases differ in, so under them it is each third (odd: all bits of
// a byte have their turn).
#pragma once

#include <cstdint>

namespace varve {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr std::uint64_t kExhaustiveStride = 3;
#else
inline constexpr std::uint64_t kExhaustiveStride = 1;
#endif

}  // namespace varve
