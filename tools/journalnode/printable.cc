#include "tools/journalnode/printable.h"

#include "tools/utf8.h"

namespace varve {

std::string printable(std::string_view text, std::size_t bytes_max) {
  std::string shown;
  while (!text.empty() && shown.size() < bytes_max) {
    const std::size_t length = utf8_length(text);
    const auto first = static_cast<unsigned char>(text.front());
    const bool plain = length > 0 && first >= 0x20 && first != 0x7f;
    shown += plain ? text.substr(0, length) : std::string_view("?");
    text.remove_prefix(plain ? length : 1);
  }
  if (!text.empty()) shown += "...";
  return shown;
}

std::string quoted(const std::string& text) {
  return "'" + printable(text) + "'";
}

}  // namespace varve
