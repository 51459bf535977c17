// A resource manager on a machine of its own, its log on a simulated cluster of journal nodes, its images on its own disk.
#pragma once

#include <string>

#include "tests/ha/sim_rm.h"
#include "tests/journal/sim_cluster.h"

namespace varve {

class SimQuorumRm : public SimRm {
 public:
  explicit SimQuorumRm(SimCluster& cluster, unsigned client = 1) : SimRm(cluster.world()), cluster_(cluster), client_(client) {
    if (!machine().disk().exists("/rm")) machine().disk().add_directory("/rm");
  }

  void kill() override {
    SimRm::kill();
    machine().kill_connections();
  }

 protected:
  SimMachine& machine() { return cluster_.world().machine("rm" + std::to_string(client_)); }
  Seams seams() override { return machine().seams(); }
  Task<Result<kj::Own<Journal>>> open_journal() override {
    auto journal = co_await QuorumJournal::open(seams(), cluster_.url(), quorum_options(options));
    if (!journal) co_return fail(journal.error());
    co_return kj::Own<Journal>(kj::mv(*journal));
  }

 private:
  SimCluster& cluster_;
  unsigned client_;
};

}  // namespace varve
