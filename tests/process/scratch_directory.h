// A directory that goes with its owner.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <string>

#include "base/check.h"

namespace varve {

class ScratchDirectory {
 public:
  ScratchDirectory() {
    char path[] = "/tmp/varve-process-XXXXXX";
    CHECK(mkdtemp(path) != nullptr);
    path_ = path;
  }
  ~ScratchDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  ScratchDirectory(const ScratchDirectory&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace varve
