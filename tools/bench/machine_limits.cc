#include "tools/bench/machine_limits.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <kj/io.h>
#include <unistd.h>

#include <algorithm>
#include <boost/filesystem.hpp>
#include <cerrno>
#include <chrono>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/os_error.h"
#include "base/result.h"

namespace varve {
namespace {

constexpr std::size_t kBlockBytes = 1u << 20;

class Stopwatch {
 public:
  double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count(); }

 private:
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

}  // namespace

Result<std::vector<std::string>> files_of(const std::string& directory, const std::string& prefix) {
  boost::system::error_code error;
  std::vector<std::string> paths;
  for (const auto& entry : boost::filesystem::directory_iterator(directory, error))
    if (boost::filesystem::is_regular_file(entry.path()) && entry.path().filename().string().starts_with(prefix))
      paths.push_back(entry.path().string());
  if (error) return fail(os_error(error.value(), fmt::format("listing {}", directory)));
  std::sort(paths.begin(), paths.end());
  return paths;
}

Result<Rate> read_and_digest(const std::vector<std::string>& paths) {
  AlignedBuffer block(kBlockBytes);
  Rate rate;
  const Stopwatch watch;
  for (const std::string& path : paths) {
    const kj::AutoCloseFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (fd.get() < 0) return fail(os_error(errno, fmt::format("opening {}", path)));
    DigestStream digest;
    while (true) {
      const ssize_t got = ::read(fd, block.data(), kBlockBytes);
      if (got < 0) return fail(os_error(errno, fmt::format("reading {}", path)));
      if (got == 0) break;
      digest.add(block.span(0, static_cast<std::size_t>(got)));
      rate.bytes += static_cast<double>(got);
    }
    if (digest.finish() == Digest{}) return fail(ErrorCode::kDamaged, fmt::format("{}: a digest of zero", path));  // keeps the work
  }
  rate.seconds = watch.seconds();
  return rate;
}

Result<Rate> read_from_disk(const std::string& path) {
  const kj::AutoCloseFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0) return fail(os_error(errno, fmt::format("opening {}", path)));
  if (::fsync(fd) != 0) return fail(os_error(errno, fmt::format("syncing {}", path)));
  if (const int error = ::posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED)) return fail(os_error(error, fmt::format("evicting {}", path)));
  AlignedBuffer block(kBlockBytes);
  Rate rate;
  const Stopwatch watch;
  ssize_t got = 0;
  while ((got = ::read(fd, block.data(), kBlockBytes)) > 0) rate.bytes += static_cast<double>(got);
  if (got < 0) return fail(os_error(errno, fmt::format("reading {}", path)));
  rate.seconds = watch.seconds();
  return rate;
}

Result<Rate> write_and_sync(const std::string& path, std::uint64_t bytes) {
  AlignedBuffer block(kBlockBytes);
  std::fill_n(block.data(), kBlockBytes, std::byte{7});
  const kj::AutoCloseFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (fd.get() < 0) return fail(os_error(errno, fmt::format("creating {}", path)));
  const Stopwatch watch;
  for (std::uint64_t done = 0; done < bytes;) {
    const ssize_t put = ::write(fd, block.data(), std::min<std::uint64_t>(kBlockBytes, bytes - done));
    if (put <= 0) return fail(os_error(errno, fmt::format("writing {}", path)));
    done += static_cast<std::uint64_t>(put);
  }
  if (::fsync(fd) != 0) return fail(os_error(errno, fmt::format("syncing {}", path)));
  const Rate rate{static_cast<double>(bytes), watch.seconds()};
  ::unlink(path.c_str());
  return rate;
}

}  // namespace varve
