#include "tools/output.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/result.h"

namespace varve {

namespace {
constexpr std::size_t kBufferBytes = 64u << 10;
}

void StandardOutput::write(std::string_view text) {
  if (closed_) return;
  buffer_ += text;
  if (buffer_.size() >= kBufferBytes) flush();
}

void StandardOutput::flush() {
  std::string_view rest = buffer_;
  while (!rest.empty() && !closed_) {
    const ssize_t written = ::write(descriptor_, rest.data(), rest.size());
    if (written >= 0) {
      rest.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno != EINTR) {
      closed_ = true;
      if (errno != EPIPE) error_ = errno;
    }
  }
  buffer_.clear();
}

bool StandardOutput::is_terminal() const {
  return ::isatty(descriptor_) == 1;
}

Result<void> StandardOutput::finish() {
  flush();
  if (error_ != 0)
    return fail(ErrorCode::kIo, fmt::format("writing to standard output: {}; what was printed is not complete", std::strerror(error_)));
  return ok();
}

}  // namespace varve
