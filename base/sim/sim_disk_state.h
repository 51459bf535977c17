// Everything on one simulated disk, synced and not. A value: copies are cheap (pages are shared) and independent.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/sim/sim_inode.h"
#include "base/sim/sim_names.h"

namespace varve {

class SimDiskState {
 public:
  bool has_directory(const std::string& path) const { return directories_.contains(path); }
  // Durable at once. Precondition: it does not exist.
  void add_directory(const std::string& path) { directories_.try_emplace(path); }
  // Names of files and directories in it, sorted.
  std::vector<std::string> list(const std::string& directory) const;

  // nullptr when the directory does not exist.
  SimNames* names(const std::string& directory);
  // Precondition: `number` is a file's.
  SimInode& inode(SimInodeNumber number);
  // nullptr when there is no file of this path.
  SimInode* find(std::string_view path);
  const SimInode* find(std::string_view path) const;

  // Makes an empty file. Precondition: the directory exists, the name is free.
  SimInodeNumber create(const std::string& directory, const std::string& name);

  std::uint64_t& next_unit() { return next_unit_; }
  std::uint64_t used_bytes() const;

  std::vector<UnsyncedUnit> unsynced() const;  // in the order of their making
  void crash(const CrashOutcome& outcome);     // precondition: one fate for each of unsynced()
  void settle();                               // everything seen becomes durable

 private:
  std::map<std::uint64_t, UnsyncedUnit> units() const;
  // Forgets files that have no name and never can have one again.
  void drop_unreachable();
  std::set<SimInodeNumber> reachable() const;

  std::map<std::string, SimNames, std::less<>> directories_;
  std::map<SimInodeNumber, SimInode> inodes_;
  SimInodeNumber next_inode_ = 1;
  std::uint64_t next_unit_ = 1;
};

}  // namespace varve
