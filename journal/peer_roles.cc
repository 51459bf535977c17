#include "journal/peer_roles.h"

#include <algorithm>

namespace varve {

namespace {

bool has_one_of(const PeerIdentity& peer, const std::vector<std::string>& names) {
  return std::any_of(names.begin(), names.end(), [&peer](const std::string& name) { return peer.has_name(name); });
}

}  // namespace

PeerRights PeerRoles::of(const PeerIdentity* peer) const {
  if (peer == nullptr) return {.write = !secured, .read = !secured, .admin = !secured};
  return {.write = has_one_of(*peer, writers), .read = has_one_of(*peer, readers), .admin = has_one_of(*peer, admins)};
}

}  // namespace varve
