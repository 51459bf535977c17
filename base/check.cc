#include "base/check.h"

#include <execinfo.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

namespace varve {

namespace {

// Straight to the descriptor: whatever is wrong with this process, stdio's locks and buffers may be part of it.
void write_to_stderr(std::string_view text) {
  while (!text.empty()) {
    ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
    if (written <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace

void check_failed(const char* file, int line, const char* condition, const std::string& values) {
  write_to_stderr(fmt::format("{}:{}: CHECK({}) failed;{}\n", file, line, condition, values.empty() ? " no values" : " values:" + values));
  std::array<void*, 64> frames;
  ::backtrace_symbols_fd(frames.data(), ::backtrace(frames.data(), static_cast<int>(frames.size())), STDERR_FILENO);
  std::abort();
}

}  // namespace varve
