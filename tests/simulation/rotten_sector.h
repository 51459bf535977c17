// One sector of a file of the journal that was spoilt, and the way back: it is put right wherever it still stands.
#pragma once

#include <string>
#include <vector>

#include "base/sim/sim_disk.h"

namespace varve {

enum class Rot : std::uint8_t { kBit, kZeroed };

class RottenSector {
 public:
  RottenSector(SimDisk& disk, std::string path, std::uint64_t offset, Rot rot = Rot::kBit);

  const std::string& path() const { return path_; }
  std::uint64_t offset() const { return offset_; }

  // In some file of `directory`, but for those that were moved aside.
  bool still_there(const std::string& directory) const;
  // Unless it was mended or rewritten meanwhile; in any file of `directory`, since a power loss may have undone a rename.
  void put_right(const std::string& directory);

 private:
  std::vector<std::byte> sector_in(const std::string& path) const;  // empty: there is none

  SimDisk& disk_;
  const std::string path_;
  const std::uint64_t offset_;
  std::vector<std::byte> good_;
  std::vector<std::byte> rotten_;
};

// Paths of the files in `directory` that are not empty.
std::vector<std::string> files_in(const SimDisk& disk, const std::string& directory);

}  // namespace varve
