#include "tools/journalnode/log_output.h"

#include <fmt/format.h>
#include <unistd.h>

#include "tools/journalnode/printable.h"
#include "tools/wall_time.h"

namespace varve {

namespace {

constexpr std::size_t kLineBytesMax = 4000;

std::string_view name_of(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarning:
      return "warning";
    case LogLevel::kError:
      return "error";
  }
  return "unknown";
}

}  // namespace

std::string log_line(LogLevel level, std::uint64_t wall_us, std::string_view text) {
  return fmt::format("{} {} {}\n", to_utc(wall_us), name_of(level), printable(text, kLineBytesMax));
}

LogSink log_to(int descriptor, LogLevel least, std::function<std::uint64_t()> wall_us) {
  return [descriptor, least, wall_us = std::move(wall_us)](LogLevel level, std::string_view text) {
    if (level < least) return;
    const std::string line = log_line(level, wall_us(), text);
    [[maybe_unused]] const ssize_t written = ::write(descriptor, line.data(), line.size());
  };
}

}  // namespace varve
