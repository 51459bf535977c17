// System calls that a signal may interrupt.
#pragma once

#include <cerrno>

namespace varve {

template <typename Call>
auto retry_eintr(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

}  // namespace varve
