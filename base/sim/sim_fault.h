// A fault to happen on the simulated disk: which operations meet it, and what comes of them.
//
//   disk.inject({.op = SimOp::kSync, .path_part = "edits_", .error = EIO});                     // the next sync of a segment fails
//   disk.inject({.number = 17, .error = ENOSPC, .bytes_done = 512});                            // operation 17 stops after one sector
//   disk.inject({.op = SimOp::kRead, .skip = 3, .times = SimFault::kForever, .error = EIO});    // every read from the fourth on
//   disk.inject({.op = SimOp::kSync, .error = 0, .delay = std::chrono::seconds(5)});            // stuck for a while, then well
#pragma once

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "base/sim/sim_operation.h"

namespace varve {

struct SimFault {
  static constexpr std::uint64_t kForever = ~std::uint64_t{0};

  // Which: every condition given must hold.
  std::optional<std::uint64_t> number;  // of the operation, see SimDisk::operations()
  std::optional<SimOp> op;
  std::string path_part;   // the path contains it
  std::uint64_t skip = 0;  // the first ones are let through
  std::uint64_t times = 1;

  // What.
  int error = EIO;               // 0: it succeeds
  std::uint64_t bytes_done = 0;  // of a write that fails: so much of it happens
  std::chrono::nanoseconds delay{0};

  // True when `operation` meets this fault; counts down.
  bool meets(std::uint64_t operation_number, const SimOperation& operation);
};

}  // namespace varve
