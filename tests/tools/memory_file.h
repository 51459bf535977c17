// A file in memory, to look over a StandardOutput's shoulder.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <string>

#include "base/check.h"

namespace varve::testing {

class MemoryFile {
 public:
  MemoryFile() : descriptor_(memfd_create("varve_test", MFD_CLOEXEC)) { CHECK(descriptor_ >= 0); }
  ~MemoryFile() { ::close(descriptor_); }
  MemoryFile(const MemoryFile&) = delete;

  int descriptor() const { return descriptor_; }
  std::string text() const {
    std::string text(static_cast<std::size_t>(::lseek(descriptor_, 0, SEEK_END)), '\0');
    CHECK(::pread(descriptor_, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()));
    return text;
  }

 private:
  int descriptor_;
};

}  // namespace varve::testing
