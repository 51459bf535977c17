// A journal node inside a resource manager's process: three resource managers with one each are a quorum that needs no daemon.
//
//   auto node = varve::EmbeddedNode::start(node_options);  // in each of the three, then once: varve journal format URL
//   auto engine = varve::Engine::open(options, state);     // where the election says so; options.journal names the three nodes
//
// A node is a copy of the log, not a vote for its own resource manager: it serves whichever of them was elected.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "varve/error.h"
#include "varve/log_sink.h"
#include "varve/tls_files.h"

namespace varve {

struct EmbeddedNodeOptions {
  std::string name;       // for people; empty: the host's name
  std::string directory;  // of the journals, an absolute path; made when its parent exists. No other node may use it.
  std::string listen;     // host:port, where the others reach it; port 0: any

  // With certificates a peer may do what the names in its own are listed for: to be written to by, read by, and formatted by. The other
  // nodes must be among the readers, because they repair each other.
  TlsFiles tls;
  std::vector<std::string> writers;
  std::vector<std::string> readers;
  std::vector<std::string> admins;
  bool allow_insecure = false;  // without certificates, other addresses than loopback are refused unless this is set

  std::uint64_t segment_bytes_max = 64ull << 20;   // 64 KiB .. 16 GiB; preallocated
  std::uint64_t disk_reserve_bytes = 64ull << 20;  // writers are refused when less is free
  std::chrono::milliseconds mark_delay{1000};      // an idle log's end is marked as durable after this
  bool direct_io = true;

  LogSink log;  // empty: nothing is logged
};

class EmbeddedNode {
 public:
  // Opens the journals in the directory, listens, and returns when it serves. Everything after that happens on the thread "varve-node".
  // Errors: kInvalidArgument with the option's name, kLocked when another node has the directory, kIo, kDamaged.
  static Result<std::unique_ptr<EmbeddedNode>> start(EmbeddedNodeOptions options);

  // Stops if the user has not.
  virtual ~EmbeddedNode() = default;

  virtual unsigned port() const = 0;  // any thread

  // Reads the certificates again, for connections from now on; on failure all stays as it was. Any thread but the node's.
  virtual Result<void> reload_certificates() = 0;

  // Ends every connection, marks every log's end as durable, releases the directory. Any thread but the node's; once.
  virtual Result<void> stop() = 0;
};

}  // namespace varve
