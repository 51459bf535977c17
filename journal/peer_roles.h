// What a peer may do, by the names in its certificate.
#pragma once

#include <string>
#include <vector>

#include "base/network.h"
#include "journal/journal_node.h"

namespace varve {

struct PeerRoles {
  bool secured = false;  // certificates are asked for
  std::vector<std::string> writers;
  std::vector<std::string> readers;
  std::vector<std::string> admins;

  // `peer` is null for a connection without certificates: it may do all when the node asks for none, and nothing when it does.
  PeerRights of(const PeerIdentity* peer) const;
};

}  // namespace varve
