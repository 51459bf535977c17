// What goes wrong with one journal node of a benchmark's cluster, from outside of it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "tools/cluster/node_process.h"
#include "varve/error.h"

namespace varve {

enum class Fault : std::uint8_t { kNone, kKill, kStop, kSlow };

class NodeFault {
 public:
  static Result<Fault> parse(const std::string& name);

  // kSlow: strace, attached to the node, delays each of its syncs by 100 ms.
  static Result<NodeFault> begin(Fault fault, NodeProcess& node);
  NodeFault(NodeFault&& other) noexcept;
  ~NodeFault();  // the node goes on, unless it was killed

 private:
  NodeFault(NodeProcess& node, pid_t tracer) : node_(&node), tracer_(tracer) {}

  NodeProcess* node_;
  pid_t tracer_;  // 0: none
};

}  // namespace varve
