// Texts of KJ as Varve prints them.
#pragma once

#include <kj/exception.h>
#include <kj/string.h>

#include <algorithm>
#include <string>
#include <string_view>

namespace varve {

inline std::string_view view(kj::StringPtr text) {
  return {text.cStr(), text.size()};
}

// What happened, without file, line and stack, in one line.
inline std::string one_line(const kj::Exception& error) {
  std::string text(view(error.getDescription()));
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

}  // namespace varve
