#include "base/sim/sim_crash.h"

#include <fmt/format.h>

#include "base/sim/sim_random.h"

namespace varve {

UnitFate UnitFate::random(const UnsyncedUnit& unit, Random& random) {
  std::uint64_t choice = random.below(unit.sectors > 1 ? 5 : 2);
  if (choice == 0) return kept();
  if (choice == 1) return lost();
  if (choice == 4) return scattered(random.next());
  auto sectors = static_cast<std::uint32_t>(1 + random.below(unit.sectors - 1));
  return choice == 2 ? first_sectors(sectors) : without_first_sectors(sectors);
}

bool UnitFate::survives(std::uint32_t sector) const {
  switch (kind_) {
    case Kind::kKept:
      return true;
    case Kind::kLost:
      return false;
    case Kind::kFirst:
      return sector < sectors_;
    case Kind::kWithoutFirst:
      return sector >= sectors_;
    case Kind::kScattered:
      return (SimRandom(seed_ + sector).next() & 1) != 0;
  }
  return true;
}

std::string UnitFate::describe() const {
  switch (kind_) {
    case Kind::kKept:
      return "k";
    case Kind::kLost:
      return "-";
    case Kind::kFirst:
      return fmt::format("[only the first {} sectors]", sectors_);
    case Kind::kWithoutFirst:
      return fmt::format("[without the first {} sectors]", sectors_);
    case Kind::kScattered:
      return fmt::format("[scattered sectors, seed {}]", seed_);
  }
  return "";
}

std::string CrashOutcome::describe() const {
  std::string text = fates.empty() ? "nothing unsynced" : "";
  for (const UnitFate& fate : fates) text += fate.describe();
  if (garbage_seed) text += fmt::format(" with garbage, seed {}", *garbage_seed);
  return text;
}

}  // namespace varve
