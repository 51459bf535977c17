#include "base/real/posix_directory.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
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

constexpr int kDirectoryFlags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;

std::string parent_of(const std::string& path) {
  std::size_t end = path.find_last_not_of('/');
  std::size_t slash = end == std::string::npos ? 0 : path.rfind('/', end);
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

std::string holder_of_lock(int fd) {
  std::array<char, 32> text{};
  ssize_t got = ::pread(fd, text.data(), text.size(), 0);
  std::string_view digits(text.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
  digits = digits.substr(0, digits.find('\n'));
  return digits.empty() ? "another process" : fmt::format("process {}", digits);
}

// Only a help for people, so whether it succeeds does not matter.
void note_holder(int fd) {
  std::string text = fmt::format("{}\n", ::getpid());
  if (::ftruncate(fd, 0) == 0) [[maybe_unused]]
    ssize_t put = ::pwrite(fd, text.data(), text.size(), 0);
}

}  // namespace

std::string PosixDirectory::path_of(const std::string& name) const {
  CHECK(!name.empty() && name.find('/') == std::string::npos && name != "." && name != "..", name);
  return path_ + "/" + name;
}

Result<std::shared_ptr<PosixDirectory>> PosixDirectory::open(const std::string& path) {
  int fd = retry_eintr([&] { return ::open(path.c_str(), kDirectoryFlags); });
  if (fd < 0) return fail(os_error(errno, fmt::format("opening directory {}", path)));
  return std::make_shared<PosixDirectory>(path, kj::AutoCloseFd(fd));
}

Result<std::shared_ptr<PosixDirectory>> PosixDirectory::create(const std::string& path) {
  bool created = ::mkdir(path.c_str(), 0700) == 0;
  if (!created && errno != EEXIST) return fail(os_error(errno, fmt::format("creating directory {}", path)));
  // One that exists may have been created just before a crash, by us: its name counts only after this sync.
  Result<std::shared_ptr<PosixDirectory>> parent = open(parent_of(path));
  Result<void> synced = parent ? (*parent)->sync() : fail(parent.error());
  if (!synced && (created || synced.error().code() == ErrorCode::kIo)) return fail(synced.error());
  return open(path);
}

Result<std::shared_ptr<PosixFile>> PosixDirectory::open_file(const std::string& name, OpenMode mode, bool create) const {
  return PosixFile::open(fd_, name, path_of(name), mode, create);
}

Result<void> PosixDirectory::rename(const std::string& from, const std::string& to) const {
  std::string doing = fmt::format("renaming {} to {}", path_of(from), path_of(to));
  if (::renameat(fd_, from.c_str(), fd_, to.c_str()) != 0) return fail(os_error(errno, doing));
  return ok();
}

Result<void> PosixDirectory::remove(const std::string& name) const {
  std::string path = path_of(name);
  if (::unlinkat(fd_, name.c_str(), 0) != 0) return fail(os_error(errno, fmt::format("removing {}", path)));
  return ok();
}

Result<std::vector<std::string>> PosixDirectory::list() const {
  auto failed = [&](int error_number) { return fail(os_error(error_number, fmt::format("listing directory {}", path_))); };
  int fd = retry_eintr([&] { return ::openat(fd_, ".", kDirectoryFlags); });  // its own position, so that two may list at once
  if (fd < 0) return failed(errno);
  std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(fd), ::closedir);
  if (stream == nullptr) {
    int error_number = errno;
    ::close(fd);
    return failed(error_number);
  }
  std::vector<std::string> names;
  while (true) {
    errno = 0;
    const dirent* entry = ::readdir(stream.get());
    if (entry == nullptr) break;
    std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  if (errno != 0) return failed(errno);
  std::sort(names.begin(), names.end());
  return names;
}

Result<void> PosixDirectory::sync() const {
  if (retry_eintr([&] { return ::fsync(fd_); }) != 0) return fail(os_error(errno, fmt::format("syncing directory {}", path_)));
  return ok();
}

Result<int> PosixDirectory::lock(const std::string& name) const {
  std::string path = path_of(name);
  int fd = retry_eintr([&] { return ::openat(fd_, name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0600); });
  if (fd < 0) return fail(os_error(errno, fmt::format("locking {}", path)));
  // A lock of the open file description: it excludes other holders in this process too, and dies with the process.
  struct flock whole_file {};
  whole_file.l_type = F_WRLCK;
  whole_file.l_whence = SEEK_SET;
  if (retry_eintr([&] { return ::fcntl(fd, F_OFD_SETLK, &whole_file); }) != 0) {
    int error_number = errno;
    std::string holder = holder_of_lock(fd);
    ::close(fd);
    if (error_number != EAGAIN && error_number != EACCES) return fail(os_error(error_number, fmt::format("locking {}", path)));
    return fail(ErrorCode::kLocked, fmt::format("locking {}: {} holds it; stop that one first", path, holder));
  }
  note_holder(fd);
  return fd;
}

Result<std::uint64_t> PosixDirectory::free_bytes() const {
  struct statvfs stat;
  if (retry_eintr([&] { return ::fstatvfs(fd_, &stat); }) != 0)
    return fail(os_error(errno, fmt::format("asking for the free space at {}", path_)));
  return std::uint64_t{stat.f_bavail} * stat.f_frsize;
}

}  // namespace varve
