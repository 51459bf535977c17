#include "tests/simulation/rotten_sector.h"

#include <algorithm>

#include "base/bytes.h"

namespace varve {

RottenSector::RottenSector(SimDisk& disk, std::string path, std::uint64_t offset, Rot rot)
    : disk_(disk), path_(std::move(path)), offset_(offset), good_(sector_in(path_)) {
  if (rot == Rot::kBit)
    disk_.flip_bits(path_, offset_);
  else
    disk_.zero(path_, round_down(offset_, kSectorBytes), good_.size());
  rotten_ = sector_in(path_);
}

void RottenSector::put_right(const std::string& directory) {
  for (const std::string& file : files_in(disk_, directory))
    if (sector_in(file) == rotten_) disk_.write_at(file, round_down(offset_, kSectorBytes), good_);
}

bool RottenSector::still_there(const std::string& directory) const {
  for (const std::string& file : files_in(disk_, directory))
    if (file.find(".damaged") == std::string::npos && sector_in(file) == rotten_) return true;
  return false;
}

std::vector<std::byte> RottenSector::sector_in(const std::string& path) const {
  if (!disk_.exists(path) || disk_.size_of(path) <= offset_) return {};
  const std::vector<std::byte> bytes = disk_.read_all(path);
  const auto begin = bytes.begin() + static_cast<std::ptrdiff_t>(round_down(offset_, kSectorBytes));
  return {begin, begin + std::min<std::ptrdiff_t>(kSectorBytes, bytes.end() - begin)};
}

std::vector<std::string> files_in(const SimDisk& disk, const std::string& directory) {
  std::vector<std::string> files;
  for (const std::string& name : disk.list(directory))
    if (std::string path = directory + "/" + name; disk.size_of(path) > 0) files.push_back(std::move(path));
  return files;
}

}  // namespace varve
