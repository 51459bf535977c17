// One value that somebody gave to a key, before anything of it is believed.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "tools/journalnode/config_keys.h"
#include "varve/error.h"

namespace varve {

// A value of a kind that no key takes: a date, a section, ...
struct UnusableValue {
  std::string description;
};

using ConfigValue = std::variant<std::int64_t, bool, std::string, std::vector<std::string>, UnusableValue>;

struct Setting {
  const ConfigKey* key = nullptr;
  ConfigValue value;
  std::string where;  // "node.toml:12: log.segment_bytes" or "--log-segment-bytes"
};

// Puts the value into `config`; kInvalidArgument with where, what was expected and found when the key does not take it.
Result<void> assign(NodeConfig& config, const Setting& setting);

}  // namespace varve
