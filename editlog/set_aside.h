// Keeps damaged files: under <name>.damaged, or .damaged.2 and so on when that is taken. Nothing that was damaged is ever deleted.
#pragma once

#include <string>

#include "base/disk.h"
#include "base/task.h"

namespace varve {

inline constexpr std::string_view kDamagedSuffix = ".damaged";

// Renames it. The directory is the caller's to sync. A file that is missing is not missed.
Task<Result<void>> set_aside(Directory& directory, std::string name);

// Leaves it where it is, and a copy of its bytes aside; durable on return.
Task<Result<void>> copy_aside(Directory& directory, std::string name);

// Puts the same bytes into a new file of that name: what was read may have stood in the page cache only. Durable on return.
Task<Result<void>> write_anew(Directory& directory, std::string name);

}  // namespace varve
