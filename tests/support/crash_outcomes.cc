#include "tests/support/crash_outcomes.h"

#include <algorithm>

namespace varve {

namespace {

using Fates = std::vector<UnitFate>;

Fates all(std::size_t count, UnitFate fate) {
  return Fates(count, fate);
}

void add_subsets(std::size_t count, std::vector<CrashOutcome>& outcomes) {
  for (std::uint64_t subset = 0; subset < std::uint64_t{1} << count; ++subset) {
    Fates fates;
    for (std::size_t unit = 0; unit < count; ++unit) fates.push_back((subset >> unit & 1) != 0 ? UnitFate::kept() : UnitFate::lost());
    outcomes.push_back({std::move(fates), {}});
  }
}

void add_prefixes_and_singles(std::size_t count, std::vector<CrashOutcome>& outcomes) {
  for (std::size_t kept = 0; kept <= count; ++kept) {
    Fates fates = all(count, UnitFate::lost());
    std::fill_n(fates.begin(), kept, UnitFate::kept());
    outcomes.push_back({std::move(fates), {}});
  }
  for (std::size_t single = 0; single < count; ++single) {
    Fates one_lost = all(count, UnitFate::kept());
    one_lost[single] = UnitFate::lost();
    outcomes.push_back({std::move(one_lost), {}});
    Fates one_kept = all(count, UnitFate::lost());
    one_kept[single] = UnitFate::kept();
    outcomes.push_back({std::move(one_kept), {}});
  }
}

void add_tears(const std::vector<UnsyncedUnit>& units, std::uint32_t tears_max, std::vector<CrashOutcome>& outcomes) {
  for (std::size_t torn = 0; torn < units.size(); ++torn) {
    if (units[torn].sectors < 2) continue;
    std::uint32_t places = units[torn].sectors - 1;
    std::uint32_t tears = std::min(places, tears_max);
    for (std::uint32_t tear = 0; tear < tears; ++tear) {
      auto sectors = static_cast<std::uint32_t>(1 + std::uint64_t{tear} * places / tears);
      Fates fates = all(units.size(), UnitFate::kept());
      fates[torn] = UnitFate::first_sectors(sectors);
      outcomes.push_back({fates, {}});
      fates[torn] = UnitFate::without_first_sectors(sectors);
      outcomes.push_back({std::move(fates), {}});
    }
  }
}

void add_random(const std::vector<UnsyncedUnit>& units, std::uint32_t count, Random& random, std::vector<CrashOutcome>& outcomes) {
  for (std::uint32_t i = 0; i < count; ++i) {
    CrashOutcome outcome;
    for (const UnsyncedUnit& unit : units) outcome.fates.push_back(UnitFate::random(unit, random));
    if (random.below(2) == 0) outcome.garbage_seed = random.next();
    outcomes.push_back(std::move(outcome));
  }
}

}  // namespace

std::vector<CrashOutcome> crash_outcomes(const std::vector<UnsyncedUnit>& units, const CrashOutcomeBounds& bounds, Random& random) {
  std::vector<CrashOutcome> outcomes;
  bool few = units.size() <= bounds.all_subsets_up_to;
  if (few)
    add_subsets(units.size(), outcomes);
  else
    add_prefixes_and_singles(units.size(), outcomes);
  add_tears(units, bounds.tears_per_unit_max, outcomes);
  if (!units.empty()) add_random(units, few ? bounds.random_outcomes / 4 : bounds.random_outcomes, random, outcomes);
  return outcomes;
}

}  // namespace varve
