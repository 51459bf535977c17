#include "tests/process/outside_record.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/check.h"
#include "base/os_error.h"

namespace varve {

Result<std::unique_ptr<OutsideRecord>> OutsideRecord::open(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (file < 0) return fail(os_error(errno, fmt::format("opening {}", path)));
  if (fchmod(file, 0666) != 0 && errno != EPERM) return fail(os_error(errno, fmt::format("opening {} to everybody", path)));
  void* memory = MAP_FAILED;
  if (ftruncate(file, kBytes) == 0) memory = mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  const int error = errno;
  ::close(file);
  if (memory == MAP_FAILED) return fail(os_error(error, fmt::format("mapping {}", path)));
  return std::unique_ptr<OutsideRecord>(new OutsideRecord(memory));
}

OutsideRecord::~OutsideRecord() {
  munmap(memory_, kBytes);
}

std::uint64_t OutsideRecord::submit() {
  const std::uint64_t number = ++header().last_submitted;
  CHECK(number < kNumbersMax);
  fates()[number] = static_cast<std::uint8_t>(Fate::kSubmitted);
  return number;
}

void OutsideRecord::acknowledge(std::uint64_t number) {
  fates()[number] = static_cast<std::uint8_t>(Fate::kAcknowledged);
  ++header().acknowledged;
}

}  // namespace varve
