// Journal nodes as real processes on loopback, for benchmarks and the demo.
#pragma once

#include <string>
#include <vector>

#include "tools/cluster/node_process.h"
#include "tools/cluster/process_usage.h"
#include "varve/error.h"

namespace varve {

class LocalCluster {
 public:
  static constexpr const char* kJournal = "rm";

  // Starts `nodes` daemons with directories node1, node2, ... below `directory`, and formats the journal on them. Their
  // ports are the system's choice.
  static Result<LocalCluster> start(const std::string& directory, unsigned nodes, std::uint64_t segment_bytes);

  unsigned size() const { return static_cast<unsigned>(nodes_.size()); }
  NodeProcess& node(unsigned number) { return nodes_.at(number - 1); }  // 1 is the first
  std::string url() const;

  // Waits until nothing is prepared in the background any more.
  void wait_for_quiet_disks() const;
  std::vector<ProcessUsage> usage() const;
  Result<void> stop();

 private:
  Result<void> format() const;

  std::vector<NodeProcess> nodes_;
};

}  // namespace varve
