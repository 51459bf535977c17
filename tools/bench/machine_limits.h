// What the machine itself can do with the same bytes, measured in the same process.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "varve/error.h"

namespace varve {

struct Rate {
  double bytes = 0;
  double seconds = 0;
  double per_second() const { return bytes / seconds; }
};

// The regular files in `directory` whose names begin with `prefix`, sorted.
Result<std::vector<std::string>> files_of(const std::string& directory, const std::string& prefix);

// Reads the files in blocks of 1 MiB and digests them, on one core.
Result<Rate> read_and_digest(const std::vector<std::string>& paths);

// Drops the file from the page cache and reads it in blocks of 1 MiB through it, one after the other.
Result<Rate> read_from_disk(const std::string& path);

// Writes a new file of `bytes` in blocks of 1 MiB through the page cache, syncs it, and removes it. The clock stops behind the sync.
Result<Rate> write_and_sync(const std::string& path, std::uint64_t bytes);

}  // namespace varve
