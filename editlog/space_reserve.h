// A file that keeps space free: recovery may use it up when the disk is full, so that a full disk never keeps a log from being opened.
//
// Owns:   the file `reserve`: preallocated, all zeros.
// Errors: no space for it is not an error of the log's: it stays missing, and missing() is kept free by those who ask.
#pragma once

#include <cstdint>

#include "base/disk.h"
#include "base/task.h"
#include "varve/error.h"

namespace varve {

class SpaceReserve {
 public:
  // 0 bytes: no reserve is kept.
  SpaceReserve(Directory& directory, std::uint64_t bytes) : directory_(directory), bytes_(round_up(bytes, kPageBytes)) {}

  // Makes it when it is missing or too small; durable on return. kNoSpace leaves nothing behind.
  Task<Result<void>> establish();

  // Removes the file; false when there is none. Its space is free on return, so far as the file system says.
  static Task<Result<bool>> use_up(Directory& directory);
  // The same by its keeper, who makes it again with the next establish().
  Task<Result<bool>> use_up();

  // What others must leave free.
  std::uint64_t missing() const { return established_ ? 0 : bytes_; }

 private:
  Task<Result<bool>> is_there();
  Task<Result<void>> make();

  Directory& directory_;
  std::uint64_t bytes_;
  bool established_ = false;
};

}  // namespace varve
