// What a peer may do, by the names in its certificate.
#pragma once

#include <string>
#include <vector>

#include "base/network.h"
#include "journal/journal_node.h"
#include "tools/journalnode/node_config.h"

namespace varve {

class PeerRoles {
 public:
  explicit PeerRoles(const NodeConfig& config);

  // `peer` is null for a connection without certificates: it may do all when the node uses none, and nothing when it does.
  PeerRights of(const PeerIdentity* peer) const;

 private:
  bool secured_;
  std::vector<std::string> writers_;
  std::vector<std::string> readers_;
  std::vector<std::string> admins_;
};

}  // namespace varve
