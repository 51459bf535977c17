#include "tools/progress.h"

#include <fmt/format.h>

#include <algorithm>

namespace varve {

void Progress::reached(std::uint64_t bytes) {
  const auto now = viewer_.seams().clock.now();
  if (now < next_) return;
  next_ = now + kInterval;
  const std::uint64_t megabytes = bytes >> 20;
  if (total_bytes_ == 0) {
    viewer_.progress(fmt::format("{}: {} MiB", what_, megabytes));
  } else {
    viewer_.progress(fmt::format("{}: {} of {} MiB, {} %", what_, megabytes, total_bytes_ >> 20,
                                 std::min<std::uint64_t>(100, bytes * 100 / total_bytes_)));
  }
}

}  // namespace varve
