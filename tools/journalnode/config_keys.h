// Every key of the configuration, once: the parser of the file, the flags, --help and docs/operations.md are made from this table or
// compared with it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "tools/journalnode/node_config.h"

namespace varve {

// What a text must be.
struct TextRule {
  std::string_view expected;
  bool (*holds)(std::string_view text);
};

struct ConfigKey {
  using Field =
      std::variant<std::string NodeConfig::*, std::uint64_t NodeConfig::*, bool NodeConfig::*, std::vector<std::string> NodeConfig::*>;

  std::string_view name;  // in the file: "dir", or "log.segment_bytes" for segment_bytes in [log]
  Field field;
  std::string_view unit;
  std::string_view meaning;
  TextRule rule{};  // of a text, or of each text in a list
  std::uint64_t min = 0;
  std::uint64_t max = 0;
};

std::span<const ConfigKey> config_keys();
// nullptr: there is none.
const ConfigKey* find_config_key(std::string_view name);
// "log", "limits", ...
std::vector<std::string> config_sections();

// "--log-segment-bytes" of "log.segment_bytes".
std::string flag_of(const ConfigKey& key);
// "a whole number from 1 to 8760".
std::string expected_of(const ConfigKey& key);
std::string default_of(const ConfigKey& key);

// The table of docs/operations.md.
std::string config_table();

}  // namespace varve
