#include "base/real/posix_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/check.h"
#include "base/os_error.h"
#include "base/real/eintr.h"
#include "base/result.h"

namespace varve {

namespace {

constexpr std::size_t kPiecesPerCall = 256;

std::uint64_t total_bytes(const std::vector<Bytes>& pieces) {
  std::uint64_t total = 0;
  for (Bytes piece : pieces) total += piece.size();
  return total;
}

// What is left of `pieces` behind the first `done` bytes, as much as fits one call.
class Remainder {
 public:
  Remainder(const std::vector<Bytes>& pieces) : pieces_(pieces) {}

  void skip(std::size_t bytes) {
    within_ += bytes;
    while (index_ < pieces_.size() && within_ >= pieces_[index_].size()) within_ -= pieces_[index_++].size();
  }
  int fill(std::array<iovec, kPiecesPerCall>& vector) const {
    std::size_t count = std::min(pieces_.size() - index_, kPiecesPerCall);
    for (std::size_t i = 0; i < count; ++i) {
      Bytes piece = i == 0 ? pieces_[index_].subspan(within_) : pieces_[index_ + i];
      vector[i] = {const_cast<std::byte*>(piece.data()), piece.size()};
    }
    return static_cast<int>(count);
  }

 private:
  const std::vector<Bytes>& pieces_;
  std::size_t index_ = 0;
  std::size_t within_ = 0;
};

bool aligned(std::uint64_t offset, Bytes piece) {
  return (offset | piece.size() | reinterpret_cast<std::uintptr_t>(piece.data())) % kSectorBytes == 0;
}

bool aligned(std::uint64_t offset, const std::vector<Bytes>& pieces) {
  return std::all_of(pieces.begin(), pieces.end(), [offset](Bytes piece) { return aligned(offset, piece); });
}

bool same_file(int a, int b) {
  struct stat stat_a, stat_b;
  return ::fstat(a, &stat_a) == 0 && ::fstat(b, &stat_b) == 0 && stat_a.st_dev == stat_b.st_dev && stat_a.st_ino == stat_b.st_ino;
}

}  // namespace

Result<std::shared_ptr<PosixFile>> PosixFile::open(int directory_fd, const std::string& name, std::string path, OpenMode mode,
                                                   bool create) {
  const char* doing = create ? "creating" : "opening";
  int flags = O_CLOEXEC | O_NOCTTY | O_NONBLOCK;  // not blocking: somebody may have put a pipe there
  flags |= mode.write ? O_RDWR : O_RDONLY;
  if (create) flags |= O_CREAT | O_EXCL;
  int fd = retry_eintr([&] { return ::openat(directory_fd, name.c_str(), flags, 0600); });
  if (fd < 0) return fail(os_error(errno, fmt::format("{} {}", doing, path)));
  kj::AutoCloseFd owned(fd);
  struct stat stat;
  if (::fstat(fd, &stat) != 0) return fail(os_error(errno, fmt::format("{} {}", doing, path)));
  if (!S_ISREG(stat.st_mode))
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{} {}: expected a regular file, found one of mode {:o}; move it away", doing, path, stat.st_mode));
  auto file = std::make_shared<PosixFile>(std::move(path), kj::mv(owned), mode);
  if (mode.direct) file->open_direct(directory_fd, name);
  return file;
}

void PosixFile::open_direct(int directory_fd, const std::string& name) {
  const int flags = (mode_.write ? O_RDWR : O_RDONLY) | O_DIRECT | O_CLOEXEC | O_NONBLOCK;
  int fd = retry_eintr([&] { return ::openat(directory_fd, name.c_str(), flags); });
  if (fd < 0) return;  // the file system does not have it
  direct_fd_ = kj::AutoCloseFd(fd);
  direct_ = same_file(fd_, direct_fd_);
}

ssize_t PosixFile::get(std::uint64_t offset, MutableBytes out) {
  if (is_direct() && aligned(offset, out)) {
    ssize_t got = retry_eintr([&] { return ::pread(direct_fd_, out.data(), out.size(), static_cast<off_t>(offset)); });
    if (got >= 0 || errno != EINVAL) return got;
    direct_ = false;
  }
  return retry_eintr([&] { return ::pread(fd_, out.data(), out.size(), static_cast<off_t>(offset)); });
}

Result<std::size_t> PosixFile::read(std::uint64_t offset, MutableBytes out) {
  std::size_t done = 0;
  while (done < out.size()) {
    const ssize_t got = get(offset + done, out.subspan(done));
    if (got < 0) return fail(os_error(errno, fmt::format("reading {} bytes at offset {} of {}", out.size() - done, offset + done, path_)));
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

int PosixFile::put(int fd, std::uint64_t offset, const std::vector<Bytes>& pieces, int flags) const {
  std::uint64_t left = total_bytes(pieces);
  Remainder remainder(pieces);
  remainder.skip(0);
  std::array<iovec, kPiecesPerCall> vector;
  while (left > 0) {
    int count = remainder.fill(vector);
    ssize_t put = retry_eintr([&] { return ::pwritev2(fd, vector.data(), count, static_cast<off_t>(offset), flags); });
    if (put < 0) return errno;
    if (put == 0) return EIO;
    offset += static_cast<std::uint64_t>(put);
    left -= static_cast<std::uint64_t>(put);
    remainder.skip(static_cast<std::size_t>(put));
  }
  return 0;
}

Error PosixFile::write_error(int error_number, std::uint64_t offset, const std::vector<Bytes>& pieces) const {
  return os_error(error_number, fmt::format("writing {} bytes at offset {} of {}", total_bytes(pieces), offset, path_));
}

Result<void> PosixFile::write(std::uint64_t offset, const std::vector<Bytes>& pieces) {
  CHECK(mode_.write, path_);
  int error_number = EINVAL;
  if (is_direct() && aligned(offset, pieces)) {
    error_number = put(direct_fd_, offset, pieces, 0);
    if (error_number == EINVAL) direct_ = false;  // sectors of this disk are larger than ours: through the page cache, then
  }
  if (error_number == EINVAL) error_number = put(fd_, offset, pieces, 0);
  if (error_number != 0) return fail(write_error(error_number, offset, pieces));
  return ok();
}

Result<void> PosixFile::write_durably(std::uint64_t offset, const std::vector<Bytes>& pieces) {
  CHECK(mode_.write, path_);
  CHECK(!mode_.direct || aligned(offset, pieces), path_, offset, pieces.size());
  if (dsync_.load(std::memory_order_relaxed)) {
    int error_number = EINVAL;
    if (is_direct()) {
      error_number = put(direct_fd_, offset, pieces, RWF_DSYNC);
      if (error_number == EINVAL) direct_ = false;
    }
    if (error_number == EINVAL) error_number = put(fd_, offset, pieces, RWF_DSYNC);
    if (error_number == 0) return ok();
    if (error_number != EOPNOTSUPP && error_number != ENOSYS) return fail(write_error(error_number, offset, pieces));
    dsync_ = false;
  }
  TRY(write(offset, pieces));
  return sync();
}

// See PosixDirectory::sync().
Result<void> PosixFile::sync() {
  struct stat status {};
  const bool synced = retry_eintr([&] { return ::fdatasync(fd_); }) == 0 && ::fstat(fd_, &status) == 0;
  if (!synced) return fail(os_error(errno, fmt::format("syncing {}", path_)));
  return ok();
}

Result<void> PosixFile::truncate(std::uint64_t size) {
  CHECK(mode_.write, path_);
  if (retry_eintr([&] { return ::ftruncate(fd_, static_cast<off_t>(size)); }) != 0)
    return fail(os_error(errno, fmt::format("truncating {} to {} bytes", path_, size)));
  return ok();
}

Result<void> PosixFile::preallocate(std::uint64_t size) {
  CHECK(mode_.write, path_);
  if (size == 0) return ok();
  if (retry_eintr([&] { return ::fallocate(fd_, 0, 0, static_cast<off_t>(size)); }) == 0) return ok();
  int error_number = errno;
  if (error_number == EOPNOTSUPP) error_number = ::posix_fallocate(fd_, 0, static_cast<off_t>(size));  // by writing
  if (error_number != 0) return fail(os_error(error_number, fmt::format("preallocating {} bytes for {}", size, path_)));
  return ok();
}

Result<std::uint64_t> PosixFile::size() const {
  struct stat stat;
  if (::fstat(fd_, &stat) != 0) return fail(os_error(errno, fmt::format("asking for the size of {}", path_)));
  return static_cast<std::uint64_t>(stat.st_size);
}

}  // namespace varve
