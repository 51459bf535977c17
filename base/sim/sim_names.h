// The names in one directory of the simulated disk: what is durable, what is seen, and the changes between the two.
// Invariant: durable plus all changes in order = seen.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "base/sim/sim_crash.h"

namespace varve {

// Number of a file; 0 is none.
using SimInodeNumber = std::uint64_t;

class SimNames {
 public:
  using Map = std::map<std::string, SimInodeNumber, std::less<>>;

  const Map& seen() const { return seen_; }
  SimInodeNumber find(std::string_view name) const;

  // `number` gives the next unit's number, over the whole disk, and is moved on. Precondition: the names stand as the call needs them.
  void create(const std::string& name, SimInodeNumber inode, std::uint64_t& number);
  void rename(const std::string& from, const std::string& to, std::uint64_t& number);
  void remove(const std::string& name, std::uint64_t& number);

  // A sync in two steps: the changes that it covers when it begins, which are durable when it ends, whatever other syncs met meanwhile.
  std::vector<std::uint64_t> begin_sync(std::uint64_t upto) const;  // below `upto`, but for those in doubt
  void end_sync(const std::vector<std::uint64_t>& numbers);
  void fail_sync(std::uint64_t upto);  // puts them in doubt

  // Adds what a crash may lose, by number.
  void collect_units(const std::string& directory, std::map<std::uint64_t, UnsyncedUnit>& units) const;
  // Adds every file that has a name here, or may have one after a crash.
  void collect_inodes(std::set<SimInodeNumber>& inodes) const;
  void crash(const UnitFates& fates);
  void settle();

 private:
  // from empty: a creation; to empty: a removal.
  struct Change {
    std::uint64_t number = 0;
    SimInodeNumber inode = 0;
    std::string from;
    std::string to;
    bool in_doubt = false;
  };

  static void apply(const Change& change, Map& map);
  void settle_doubts_about(const Change& change);
  void add(Change change);

  Map durable_;
  Map seen_;
  std::vector<Change> changes_;
};

}  // namespace varve
