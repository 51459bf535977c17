// Words of a stranger as they may stand in a message: one line, bounded, nothing that a terminal obeys.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace varve {

std::string printable(std::string_view text, std::size_t bytes_max = 200);
// "'text'"
std::string quoted(const std::string& text);

}  // namespace varve
