// What a node's own status says of one journal, beside what its copy answers by itself.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace varve {

struct NodeDetails {
  std::string writer;  // whose appends are taken; empty: not known
  std::string writer_host;
  bool writer_connected = false;
  std::string failure;              // why the log takes nothing more
  std::vector<std::string> damage;  // one line each
  std::string pulling_from;
  std::uint64_t disk_bytes = 0;
};

// `text`: a node's status as JSON, from the outside. What it does not say, or says in another form, stays empty.
NodeDetails parse_node_details(const std::string& text, const std::string& journal);

}  // namespace varve
