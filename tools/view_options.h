// What a viewer was asked for.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "tools/record_printer.h"
#include "varve/types.h"

namespace varve {

struct ViewOptions {
  std::vector<std::string> paths;
  bool json = false;
  Secrets secrets = Secrets::kHide;
  TxId from;  // both inclusive
  TxId to{std::numeric_limits<std::uint64_t>::max()};

  bool wants(TxId txid) const { return from <= txid && txid <= to; }
};

// What a process that looked at something ends with.
inline constexpr int kExitFine = 0;
inline constexpr int kExitFailed = 1;  // could not, or found damage
inline constexpr int kExitUsage = 2;

}  // namespace varve
