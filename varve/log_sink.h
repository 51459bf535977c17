// Where Varve's own log lines go. A library does not own a logger: the user's program gives it one.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

namespace varve {

enum class LogLevel : std::uint8_t { kDebug, kInfo, kWarning, kError };

// Called from Varve's threads, never two at once for one engine; must not block for long and must not call back into Varve.
using LogSink = std::function<void(LogLevel level, std::string_view line)>;

}  // namespace varve
