#include "base/real/posix_directory.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <sstream>

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

// Who has the lock, by the kernel's list of locks, for people: "3: FLOCK  ADVISORY  WRITE 1234 08:01:5678 0 EOF".
std::string holder_of_lock(int fd) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) return "another process";
  const std::string inode = fmt::format(":{}", status.st_ino);
  std::ifstream locks("/proc/locks");
  for (std::string line; std::getline(locks, line);) {
    std::istringstream words(line);
    std::string number, kind, advisory, access, process, file;
    words >> number >> kind >> advisory >> access >> process >> file;
    if (kind == "FLOCK" && access == "WRITE" && file.ends_with(inode)) return fmt::format("process {}", process);
  }
  return "another process";
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

// XFS that has shut itself down, after a failed write of its log, forgets what it had to sync and then reports success; asked for a file's
// state it answers with an error. Shut down later than that it has synced.
Result<void> PosixDirectory::sync() const {
  struct stat status {};
  const bool synced = retry_eintr([&] { return ::fsync(fd_); }) == 0 && ::fstat(fd_, &status) == 0;
  if (!synced) return fail(os_error(errno, fmt::format("syncing directory {}", path_)));
  return ok();
}

Result<int> PosixDirectory::lock() const {
  // The lock belongs to an open file description of its own: it excludes other holders in this process too, and dies with the process.
  int fd = retry_eintr([&] { return ::openat(fd_, ".", kDirectoryFlags); });
  if (fd < 0) return fail(os_error(errno, fmt::format("locking {}", path_)));
  if (retry_eintr([&] { return ::flock(fd, LOCK_EX | LOCK_NB); }) == 0) return fd;
  const int error_number = errno;
  const std::string holder = holder_of_lock(fd);
  ::close(fd);
  if (error_number != EWOULDBLOCK) return fail(os_error(error_number, fmt::format("locking {}", path_)));
  return fail(ErrorCode::kLocked, fmt::format("locking {}: {} holds it; stop that one first", path_, holder));
}

Result<std::uint64_t> PosixDirectory::free_bytes() const {
  struct statvfs stat;
  if (retry_eintr([&] { return ::fstatvfs(fd_, &stat); }) != 0)
    return fail(os_error(errno, fmt::format("asking for the free space at {}", path_)));
  return std::uint64_t{stat.f_bavail} * stat.f_frsize;
}

}  // namespace varve
