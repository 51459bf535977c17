#include "tools/journalnode/peer_roles.h"

#include <algorithm>

namespace varve {

namespace {

bool has_one_of(const PeerIdentity& peer, const std::vector<std::string>& names) {
  return std::any_of(names.begin(), names.end(), [&peer](const std::string& name) { return peer.has_name(name); });
}

}  // namespace

PeerRoles::PeerRoles(const NodeConfig& config)
    : secured_(config.uses_tls()), writers_(config.tls_writers), readers_(config.tls_readers), admins_(config.tls_admins) {}

PeerRights PeerRoles::of(const PeerIdentity* peer) const {
  if (peer == nullptr) return {.write = !secured_, .read = !secured_, .admin = !secured_};
  return {.write = has_one_of(*peer, writers_), .read = has_one_of(*peer, readers_), .admin = has_one_of(*peer, admins_)};
}

}  // namespace varve
