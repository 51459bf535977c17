// Goes through a part of a file sector by sector, reading large blocks.
#pragma once

#include <cstdint>
#include <functional>

#include "base/disk.h"
#include "base/task.h"

namespace varve {

// Up to `end_offset` or the end of the file. The last sector may be a part of one. Precondition: offset is a multiple of kSectorBytes;
// what `look` refers to outlives the task.
Task<Result<void>> sweep_sectors(File& file, std::uint64_t offset, std::uint64_t end_offset,
                                 std::function<void(std::uint64_t offset, Bytes sector)> look);

}  // namespace varve
