#include "journal/stall_guard.h"

#include <fmt/format.h>

namespace varve {

Task<Error> when_stalled(Clock& clock, const StreamChannel& channel, std::chrono::nanoseconds patience) {
  std::uint64_t moved = channel.bytes_moved();
  auto since = clock.now();
  while (true) {
    co_await clock.after(patience);
    const bool busy = channel.is_in_message() || channel.unsent_bytes() > 0;
    if (!busy || channel.bytes_moved() != moved) {
      moved = channel.bytes_moved();
      since = clock.now();
      continue;
    }
    const std::chrono::nanoseconds line = std::chrono::seconds(channel.unsent_bytes() >> 20);
    if (clock.now() - since >= patience + line) break;
  }
  co_return Error(ErrorCode::kIo, fmt::format("{} stopped in the middle of a message", channel.peer()));
}

}  // namespace varve
