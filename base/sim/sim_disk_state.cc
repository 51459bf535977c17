#include "base/sim/sim_disk_state.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace varve {

std::vector<std::string> SimDiskState::list(const std::string& directory) const {
  std::vector<std::string> found;
  for (const auto& [name, inode] : directories_.at(directory).seen()) found.push_back(name);
  std::string prefix = directory + "/";
  for (const auto& [path, names] : directories_)
    if (path.size() > prefix.size() && path.starts_with(prefix) && path.find('/', prefix.size()) == std::string::npos)
      found.push_back(path.substr(prefix.size()));
  std::sort(found.begin(), found.end());
  return found;
}

SimNames* SimDiskState::names(const std::string& directory) {
  auto found = directories_.find(directory);
  return found == directories_.end() ? nullptr : &found->second;
}

SimInode& SimDiskState::inode(SimInodeNumber number) {
  auto found = inodes_.find(number);
  CHECK(found != inodes_.end(), number);
  return found->second;
}

const SimInode* SimDiskState::find(std::string_view path) const {
  std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return nullptr;
  auto directory = directories_.find(path.substr(0, slash));
  if (directory == directories_.end()) return nullptr;
  SimInodeNumber number = directory->second.find(path.substr(slash + 1));
  return number == 0 ? nullptr : &inodes_.at(number);
}

SimInode* SimDiskState::find(std::string_view path) {
  return const_cast<SimInode*>(std::as_const(*this).find(path));
}

SimInodeNumber SimDiskState::create(const std::string& directory, const std::string& name) {
  SimInodeNumber number = next_inode_++;
  inodes_.emplace(number, SimInode(directory + "/" + name));
  directories_.at(directory).create(name, number, next_unit_);
  return number;
}

std::uint64_t SimDiskState::used_bytes() const {
  std::uint64_t used = 0;
  for (const auto& [path, names] : directories_)
    for (const auto& [name, inode] : names.seen()) used += inodes_.at(inode).reserved_bytes();
  return used;
}

std::set<SimInodeNumber> SimDiskState::reachable() const {
  std::set<SimInodeNumber> inodes;
  for (const auto& [path, names] : directories_) names.collect_inodes(inodes);
  return inodes;
}

void SimDiskState::drop_unreachable() {
  std::set<SimInodeNumber> keep = reachable();
  std::erase_if(inodes_, [&](const auto& entry) { return !keep.contains(entry.first); });
}

std::map<std::uint64_t, UnsyncedUnit> SimDiskState::units() const {
  std::map<std::uint64_t, UnsyncedUnit> units;
  for (const auto& [path, names] : directories_) names.collect_units(path, units);
  for (SimInodeNumber inode : reachable()) inodes_.at(inode).collect_units(units);
  return units;
}

std::vector<UnsyncedUnit> SimDiskState::unsynced() const {
  std::vector<UnsyncedUnit> result;
  for (auto& [number, unit] : units()) result.push_back(unit);
  return result;
}

void SimDiskState::crash(const CrashOutcome& outcome) {
  drop_unreachable();
  UnitFates fates;
  auto units = this->units();
  CHECK(units.size() == outcome.fates.size(), units.size(), outcome.fates.size());
  std::size_t index = 0;
  for (const auto& [number, unit] : units) fates.emplace(number, outcome.fates[index++]);
  for (auto& [path, names] : directories_) names.crash(fates);
  for (auto& [number, inode] : inodes_) inode.crash(fates, outcome.garbage_seed);
  drop_unreachable();
}

void SimDiskState::settle() {
  for (auto& [path, names] : directories_) names.settle();
  for (auto& [number, inode] : inodes_) inode.settle();
}

}  // namespace varve
