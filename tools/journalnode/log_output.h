// The daemon's log: one line per event, to standard error.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "varve/log_sink.h"

namespace varve {

// "2024-02-29T23:59:59.123456Z warning text\n"; whatever `text` holds, it stays one line that no terminal obeys.
std::string log_line(LogLevel level, std::uint64_t wall_us, std::string_view text);

// Writes lines of at least this level to `descriptor`, each by one system call; what cannot be written is lost.
// Threads: any, as far as `wall_us` is.
LogSink log_to(int descriptor, LogLevel least, std::function<std::uint64_t()> wall_us);

}  // namespace varve
