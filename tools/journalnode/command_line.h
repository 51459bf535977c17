// The command line of journalnode: flags over the configuration file over the defaults.
#pragma once

#include <string>
#include <vector>

#include "tools/journalnode/node_config.h"
#include "varve/error.h"

namespace varve {

struct Invocation {
  NodeConfig config;
  std::string print;   // not empty: print it and end well; `config` then means nothing
  bool check = false;  // only say whether the configuration is good
};

// `arguments` without the program's name. Reads the configuration file and nothing else; writes nothing. Every error is wrong usage.
Result<Invocation> read_command_line(const std::vector<std::string>& arguments, const std::string& version);

}  // namespace varve
