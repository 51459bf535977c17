// CHECK(condition, values...): our own bugs end the process, in release too, with the condition and the values.
// For the outside world (disk, bytes, peers, callers) use Result<T>.
#pragma once

#include <fmt/format.h>

#include <string>

namespace varve {

[[noreturn]] void check_failed(const char* file, int line, const char* condition, const std::string& values);

namespace check_detail {
template <typename... Values>
std::string format_values(const Values&... values) {
  std::string text;
  ((text += fmt::format(" {}", values)), ...);
  return text;
}
}  // namespace check_detail

}  // namespace varve

#define CHECK(condition, ...)                                                                                   \
  do {                                                                                                          \
    if (!(condition)) [[unlikely]]                                                                              \
      ::varve::check_failed(__FILE__, __LINE__, #condition, ::varve::check_detail::format_values(__VA_ARGS__)); \
  } while (false)
