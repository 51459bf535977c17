// Tells UTF-8 from other bytes.
#pragma once

#include <cstddef>
#include <string_view>

namespace varve {

// Bytes of the character at the front of `text`, which is not empty: 1 to 4; 0 when it is not well-formed UTF-8.
std::size_t utf8_length(std::string_view text);

}  // namespace varve
