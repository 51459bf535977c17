// One life of the demo's resource manager: recovers, reports what it found, goes on with the sequence until it is killed or done.
//
// It speaks with its judge by lines: it prints "recovered ..." (see LifeReport), reads "go <position>", and prints "finished" after a
// clean close. What it submits and what is acknowledged stands in the shared counters.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "tools/demo/demo_options.h"
#include "tools/demo/state_hash.h"
#include "varve/error.h"

namespace varve {

struct LifeReport {
  StateHash hash;
  std::uint64_t applications = 0;
  std::uint64_t attempts = 0;
  std::uint64_t image_txid = 0;
  std::uint64_t replayed = 0;
  std::uint64_t recovery_us = 0;
};

std::string to_line(const LifeReport& report);
std::optional<LifeReport> parse_life_report(std::string_view line);

Result<void> run_life(const DemoLifeOptions& options);

}  // namespace varve
