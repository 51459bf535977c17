// One operation on the simulated disk, for counting, tracing, faults and people.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace varve {

enum class SimOp : std::uint8_t {
  kOpenDirectory,
  kCreateDirectory,
  kOpen,
  kCreate,
  kRename,
  kRemove,
  kList,
  kSyncDirectory,
  kLock,
  kFreeBytes,
  kRead,
  kWrite,  // also the first half of write_durably(); its second half is a kSync
  kSync,
  kTruncate,
  kPreallocate,
  kSize,
};

struct SimOperation {
  SimOp op = SimOp::kOpen;
  std::string path;
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;  // or the size, of kTruncate and kPreallocate
  std::string to;           // of kRename

  // "writing 512 bytes at offset 4096 of /journal/slots"
  std::string describe() const;
  // False for what only looks: a crash before it is the same as one before the next that changes something.
  bool changes_disk() const;
};

}  // namespace varve
