// Fills an engine's log as fast as it goes.
#pragma once

#include <cstdint>

#include "tools/bench/load.h"

namespace varve {

// Submits transactions 0 .. count - 1 of `source` and waits for the last one.
Result<void> fill(Engine& engine, std::uint64_t count, const TransactionSource& source);

}  // namespace varve
