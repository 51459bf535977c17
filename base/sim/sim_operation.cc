#include "base/sim/sim_operation.h"

#include <fmt/format.h>

namespace varve {

std::string SimOperation::describe() const {
  switch (op) {
    case SimOp::kOpenDirectory:
      return fmt::format("opening directory {}", path);
    case SimOp::kCreateDirectory:
      return fmt::format("creating directory {}", path);
    case SimOp::kOpen:
      return fmt::format("opening {}", path);
    case SimOp::kCreate:
      return fmt::format("creating {}", path);
    case SimOp::kRename:
      return fmt::format("renaming {} to {}", path, to);
    case SimOp::kRemove:
      return fmt::format("removing {}", path);
    case SimOp::kList:
      return fmt::format("listing directory {}", path);
    case SimOp::kSyncDirectory:
      return fmt::format("syncing directory {}", path);
    case SimOp::kLock:
      return fmt::format("locking {}", path);
    case SimOp::kFreeBytes:
      return fmt::format("asking for the free space at {}", path);
    case SimOp::kRead:
      return fmt::format("reading {} bytes at offset {} of {}", bytes, offset, path);
    case SimOp::kWrite:
      return fmt::format("writing {} bytes at offset {} of {}", bytes, offset, path);
    case SimOp::kSync:
      return fmt::format("syncing {}", path);
    case SimOp::kTruncate:
      return fmt::format("truncating {} to {} bytes", path, bytes);
    case SimOp::kPreallocate:
      return fmt::format("preallocating {} bytes for {}", bytes, path);
    case SimOp::kSize:
      return fmt::format("asking for the size of {}", path);
  }
  return path;
}

bool SimOperation::changes_disk() const {
  switch (op) {
    case SimOp::kOpenDirectory:
    case SimOp::kOpen:
    case SimOp::kList:
    case SimOp::kFreeBytes:
    case SimOp::kRead:
    case SimOp::kSize:
      return false;
    default:
      return true;
  }
}

}  // namespace varve
