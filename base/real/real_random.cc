#include "base/real/real_random.h"

#include <sys/random.h>

#include <cerrno>

#include "base/check.h"
#include "base/real/eintr.h"

namespace varve {

std::uint64_t RealRandom::next() {
  std::uint64_t value = 0;
  ssize_t got = retry_eintr([&] { return ::getrandom(&value, sizeof value, 0); });
  CHECK(got == sizeof value, got, errno);
  return value;
}

}  // namespace varve
