// System calls on one file. Every call blocks; any thread may make it, several at once.
// Owns: the descriptor, and a second one with O_DIRECT where asked for and possible.
#pragma once

#include <kj/io.h>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "base/disk.h"

namespace varve {

class PosixFile {
 public:
  // Of `name` in the directory `directory_fd`; `path` is for error texts. `create`: exclusively, mode 0600.
  // Anything but a regular file is refused.
  static Result<std::shared_ptr<PosixFile>> open(int directory_fd, const std::string& name, std::string path, OpenMode mode, bool create);

  PosixFile(std::string path, kj::AutoCloseFd fd, OpenMode mode) : path_(std::move(path)), fd_(kj::mv(fd)), mode_(mode) {}

  const std::string& path() const { return path_; }
  Result<std::size_t> read(std::uint64_t offset, MutableBytes out);
  Result<void> write(std::uint64_t offset, const std::vector<Bytes>& pieces);
  // One system call, pwritev2 with RWF_DSYNC, where the kernel has it; without the page cache where the file system can.
  Result<void> write_durably(std::uint64_t offset, const std::vector<Bytes>& pieces);
  Result<void> sync();
  Result<void> truncate(std::uint64_t size);
  Result<void> preallocate(std::uint64_t size);
  Result<std::uint64_t> size() const;

  bool is_direct() const { return direct_.load(std::memory_order_relaxed); }

 private:
  void open_direct(int directory_fd, const std::string& name);
  // One system call; as pread() has it.
  ssize_t get(std::uint64_t offset, MutableBytes out);
  // 0 or errno.
  int put(int fd, std::uint64_t offset, const std::vector<Bytes>& pieces, int flags) const;
  Error write_error(int error_number, std::uint64_t offset, const std::vector<Bytes>& pieces) const;

  std::string path_;
  kj::AutoCloseFd fd_;
  kj::AutoCloseFd direct_fd_;
  OpenMode mode_;
  std::atomic<bool> direct_{false};  // use direct_fd_
  std::atomic<bool> dsync_{true};    // the kernel has RWF_DSYNC
};

}  // namespace varve
