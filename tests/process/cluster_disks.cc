#include "tests/process/cluster_disks.h"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>

namespace varve {

void ClusterDisks::begin_on(std::size_t disks, FileSystem kind, std::uint64_t bytes) {
  for (std::size_t i = 0; i < disks; ++i) {
    const std::string directory = scratch() + "/disk" + std::to_string(i + 1);
    mkdir(directory.c_str(), 0700);
    disks_.push_back(std::make_unique<LoopMount>(directory, kind, bytes));
    place(i, disks_.back()->path() + "/node", "");
  }
  begin(3);
}

// No process may hold a file system that is to go.
void ClusterDisks::TearDown() {
  for (std::size_t i = 0; i < disks_.size(); ++i)
    if (node(i).runs()) kill_node(i);
}

void ClusterDisks::fill(std::size_t index) {
  std::ofstream file(foreign_file(index), std::ios::binary);
  const std::string block(1u << 20, 'x');
  while (file.write(block.data(), static_cast<std::streamsize>(block.size())) && file.flush()) continue;
}

void ClusterDisks::make_room(std::size_t index) {
  std::filesystem::remove(foreign_file(index));
}

void ClusterDisks::expect_all_well() {
  EXPECT_EQ(check(), "") << "seed " << seed();
  EXPECT_EQ(compare_files(), "") << "seed " << seed();
}

}  // namespace varve
