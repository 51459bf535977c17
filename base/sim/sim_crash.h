// What a crash does to what was not synced.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/random.h"

namespace varve {

// One thing that a crash may lose on its own: a write, a change of a file's size, a creation, a rename, a removal.
struct UnsyncedUnit {
  std::string what;           // for people
  std::uint32_t sectors = 0;  // of a write, each of which survives or not on its own; 0: happens whole or not at all
};

class UnitFate {
 public:
  static UnitFate kept() { return {Kind::kKept, 0, 0}; }
  static UnitFate lost() { return {Kind::kLost, 0, 0}; }
  static UnitFate first_sectors(std::uint32_t count) { return {Kind::kFirst, count, 0}; }                 // only they survive
  static UnitFate without_first_sectors(std::uint32_t count) { return {Kind::kWithoutFirst, count, 0}; }  // only they are lost
  static UnitFate scattered(std::uint64_t seed) { return {Kind::kScattered, 0, seed}; }                   // each with an even chance

  // Any fate that is legal for `unit`.
  static UnitFate random(const UnsyncedUnit& unit, Random& random);

  // For what has no sectors, scattered and torn are as kept.
  bool survives(std::uint32_t sector = 0) const;
  std::string describe() const;

 private:
  enum class Kind : std::uint8_t { kKept, kLost, kFirst, kWithoutFirst, kScattered };
  UnitFate(Kind kind, std::uint32_t sectors, std::uint64_t seed) : kind_(kind), sectors_(sectors), seed_(seed) {}

  Kind kind_;
  std::uint32_t sectors_;
  std::uint64_t seed_;
};

struct CrashOutcome {
  std::vector<UnitFate> fates;  // of SimDisk::unsynced(), in its order
  // What a file that grew by a lost write shows there: nullopt zeros, else garbage from this seed.
  std::optional<std::uint64_t> garbage_seed;

  // One line; "k" kept, "-" lost, for each unit in order, torn ones in full.
  std::string describe() const;
};

// By a unit's number.
using UnitFates = std::map<std::uint64_t, UnitFate>;

}  // namespace varve
