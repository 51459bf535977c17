// The journal nodes of a demo on a quorum: one at a time dies somewhere in each life of the resource manager, and comes back later.
//
// Invariant: never more than one is down.
#pragma once

#include <cstdint>
#include <random>
#include <string>

#include "tools/cluster/local_cluster.h"
#include "varve/error.h"

namespace varve {

class DyingNodes {
 public:
  // Three of them, below `directory`.
  static Result<DyingNodes> start(const std::string& directory, std::uint64_t seed);

  std::string url() const { return cluster_.url(); }
  std::uint64_t kills() const { return kills_; }

  // One dies when between `from` and `upto` transactions are acknowledged, and starts again at most `stretch` later, perhaps not before
  // the resource manager has died and recovered without it.
  Result<void> plan(std::uint64_t from, std::uint64_t upto, std::uint64_t stretch);
  // Does what is due.
  Result<void> step(std::uint64_t acknowledged);
  // All run again.
  Result<void> revive();
  Result<void> stop() { return cluster_.stop(); }

 private:
  DyingNodes(LocalCluster cluster, std::uint64_t seed) : cluster_(std::move(cluster)), random_(seed) {}

  LocalCluster cluster_;
  std::mt19937_64 random_;
  unsigned down_ = 0;  // number of the node; 0: none
  bool planned_ = false;
  std::uint64_t dies_at_ = 0;
  std::uint64_t back_at_ = 0;
  std::uint64_t kills_ = 0;
};

}  // namespace varve
