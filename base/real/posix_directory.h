// System calls on one directory, relative to its descriptor. Every call blocks; any thread may make it, several at once.
#pragma once

#include <kj/io.h>

#include <memory>
#include <string>
#include <vector>

#include "base/real/posix_file.h"

namespace varve {

class PosixDirectory {
 public:
  static Result<std::shared_ptr<PosixDirectory>> open(const std::string& path);
  // Creates the last component, mode 0700, when it is missing, and makes its name durable.
  static Result<std::shared_ptr<PosixDirectory>> create(const std::string& path);

  PosixDirectory(std::string path, kj::AutoCloseFd fd) : path_(std::move(path)), fd_(kj::mv(fd)) {}

  const std::string& path() const { return path_; }
  Result<std::shared_ptr<PosixFile>> open_file(const std::string& name, OpenMode mode, bool create) const;
  Result<void> rename(const std::string& from, const std::string& to) const;
  Result<void> remove(const std::string& name) const;
  Result<std::vector<std::string>> list() const;
  Result<void> sync() const;
  // A descriptor of its own for the locked directory; closing it gives the lock up.
  Result<int> lock() const;
  Result<std::uint64_t> free_bytes() const;

 private:
  std::string path_of(const std::string& name) const;

  std::string path_;
  kj::AutoCloseFd fd_;
};

}  // namespace varve
