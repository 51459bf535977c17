#include "tools/journalnode/node_options.h"

#include <chrono>

#include "base/real/host_name.h"
#include "journal/peer_roles.h"

namespace varve {

NodeOptions node_options(const NodeConfig& config, const std::string& version) {
  NodeOptions options;
  options.name = config.name.empty() ? host_name() : config.name;
  options.directory = config.directory;
  options.listen = config.listen;
  options.version = version;
  options.log.segment_bytes = config.segment_bytes;
  options.log.disk_reserve_bytes = config.disk_reserve_bytes;
  options.log.mark_delay = std::chrono::milliseconds(config.mark_delay_ms);
  options.log.direct_io = config.direct_io;
  options.session.pending_bytes_max = config.pending_bytes_max;
  options.repair.scrub_bytes_per_second = config.scrub_bytes_per_second;
  options.repair.scrub_interval = std::chrono::hours(config.scrub_interval_h);
  options.connections_max = static_cast<unsigned>(config.connections_max);
  const PeerRoles roles{config.uses_tls(), config.tls_writers, config.tls_readers, config.tls_admins};
  options.rights = [roles](const PeerIdentity* peer) { return roles.of(peer); };
  return options;
}

}  // namespace varve
