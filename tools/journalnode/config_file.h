// Reads the configuration file, which is TOML.
#pragma once

#include <string>
#include <vector>

#include "tools/journalnode/config_value.h"

namespace varve {

// What the file says, in the order of its lines. Fails for what is no TOML, for unknown keys, and for a file that cannot be read or is
// larger than a configuration can be; the values themselves are not yet looked at.
Result<std::vector<Setting>> read_config_file(const std::string& path);
Result<std::vector<Setting>> parse_config(const std::string& text, const std::string& path);

}  // namespace varve
