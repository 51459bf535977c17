#include "tools/demo/shared_counters.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <new>

namespace varve {

Result<SharedCounters> SharedCounters::map(const std::string& path, int flags) {
  const int fd = ::open(path.c_str(), flags | O_RDWR | O_CLOEXEC, 0600);
  const bool sized = fd >= 0 && ((flags & O_CREAT) == 0 || ::ftruncate(fd, sizeof(Counters)) == 0);
  void* memory = sized ? ::mmap(nullptr, sizeof(Counters), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) : MAP_FAILED;
  const int error = errno;
  if (fd >= 0) ::close(fd);
  if (memory == MAP_FAILED) return fail(ErrorCode::kIo, fmt::format("mapping the counters {}: {}", path, std::strerror(error)));
  return SharedCounters(static_cast<Counters*>(memory));
}

Result<SharedCounters> SharedCounters::create(const std::string& path) {
  return map(path, O_CREAT | O_EXCL);
}
Result<SharedCounters> SharedCounters::open(const std::string& path) {
  return map(path, 0);
}

SharedCounters::~SharedCounters() {
  if (counters_ != nullptr) ::munmap(counters_, sizeof(Counters));
}

}  // namespace varve
