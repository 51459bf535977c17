// A segment file made ahead of its use: preallocated, filled with the unwritten pattern, synced, without a header and under a
// temporary name. Opening a segment then costs no fill, and appending to it needs no new space.
//
// Owns:      the file handle.
// Durable:   when prepare() returns, every sector; the name is not (the file may vanish in a crash, and a leftover may be removed).
#pragma once

#include <kj/memory.h>

#include <cstdint>
#include <string>

#include "base/disk.h"
#include "base/task.h"
#include "varve/error.h"
#include "varve/types.h"

namespace varve {

struct PreparationOptions {
  std::string name;  // usually kPreparedFile
  Uuid namespace_id;
  std::uint64_t salt = 0;        // random, of this file alone
  std::uint64_t file_bytes = 0;  // a multiple of kPageBytes, at least segment_file_bytes(kSectorBytes)
  bool direct = false;           // appends will bypass the page cache where the file system takes it
};

class PreparedSegment {
 public:
  // Removes a file of that name first. kNoSpace when the disk is full: what was begun is removed again.
  static Task<Result<PreparedSegment>> prepare(Directory& directory, PreparationOptions options);

  PreparedSegment(kj::Own<File> file, PreparationOptions options) : file_(kj::mv(file)), options_(std::move(options)) {}

  File& file() { return *file_; }
  const std::string& name() const { return options_.name; }
  Uuid namespace_id() const { return options_.namespace_id; }
  std::uint64_t salt() const { return options_.salt; }
  std::uint64_t file_bytes() const { return options_.file_bytes; }
  kj::Own<File> take_file() && { return kj::mv(file_); }

 private:
  kj::Own<File> file_;
  PreparationOptions options_;
};

}  // namespace varve
