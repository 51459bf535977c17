// A cluster whose nodes have file systems of their own.
#pragma once

#include <memory>
#include <vector>

#include "tests/process/cluster_test.h"
#include "tests/process/loop_mount.h"

namespace varve {

class ClusterDisks : public ClusterTest {
 protected:
  void SetUp() override {}
  void TearDown() override;

  // Three nodes, the first `disks` of them each on a file system of this kind.
  void begin_on(std::size_t disks, FileSystem kind, std::uint64_t bytes);
  LoopMount& disk(std::size_t index) { return *disks_.at(index); }
  std::size_t disks() const { return disks_.size(); }

  // Somebody else takes all the room there is.
  void fill(std::size_t index);
  void make_room(std::size_t index);

  void expect_all_well();

 private:
  std::string foreign_file(std::size_t index) { return disk(index).path() + "/something-else"; }

  std::vector<std::unique_ptr<LoopMount>> disks_;
};

}  // namespace varve
