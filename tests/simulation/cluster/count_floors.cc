#include "tests/simulation/cluster/count_floors.h"

#include <fmt/format.h>

namespace varve {
namespace {

constexpr CountFloor kFloors[] = {
    {kVirtualHours, 100},
    {"divergent tails cut", 1000},
    {"repairs from a peer", 1000},
    {"unknown tails", 1000},
    {"unknown tails settled", 1000},
    {"segment pulls", 1000},
    {"changes of writer under load", 1000},
    {"members changed", 1000},
    {"bits rotten", 1000},
    {"changes of members refused", 1000},
    {"changes of writer", 10000},
    {"checks of the whole history", 9999},
    {"clocks changed", 1000},
    {"commits", 1000000},
    {"disk: name_error", 200},
    {"disk: no_space_once", 200},
    {"disk: read_error", 200},
    {"disk: short_write", 200},
    {"disk: stuck_disk", 200},
    {"disk: sync_error", 200},
    {"disk: write_error", 200},
    {"disks made slow or fast", 1000},
    {"disks read-only", 1000},
    {"disks wiped", 100},
    {"failed candidacies", 1000},
    {"failed logs opened again", 200},
    {"frames followed", 1000000},
    {"frames pulled", 100000},
    {"full disks", 1000},
    {"invariant 1 checked", 1000000},
    {"invariant 2 checked", 1000000},
    {"invariant 3 checked", 1000000},
    {"invariant 4 checked", 1000000},
    {"invariant 5 checked", 1000000},
    {"invariant 6 checked", 1000000},
    {"invariant 7 checked", 1000000},
    {"invariant 8 checked", 20000},
    {"invariant 9 checked", 1000000},
    {"network: blocked one way", 1000},
    {"network: connections half open", 1000},
    {"network: cut", 1000},
    {"network: flapping", 1000},
    {"network: late deliveries", 1000},
    {"network: messages in pieces", 10000},
    {"network: one alone", 1000},
    {"network: one way blocks met", 100},
    {"network: overtaken by a younger connection", 10000},
    {"network: partitioned", 1000},
    {"network: slow link", 1000},
    {"network: stalled", 1000},
    {"nodes killed", 10000},
    {"old epochs refused", 10000},
    {"outcomes asked", 10000},
    {"power losses", 10000},
    {"power losses of all", 1000},
    {"purges", 1000},
    {"quick reigns", 1000},
    {"readers overtaken by a purge", 100},
    {"readers that went to another node", 1000},
    {"resource managers killed", 10000},
    {"rests", 1000},
    {"sectors zeroed", 500},
    {"slots lost", 0},
    {"starts from a later point", 500},
    {"starts that failed", 1000},
    {"writers killed with work under way", 1000},
};

}  // namespace

std::span<const CountFloor> count_floors() {
  return kFloors;
}

std::vector<std::string> below_floors(const std::map<std::string, std::uint64_t>& counts, std::uint64_t seeds) {
  std::vector<std::string> below;
  for (const CountFloor& floor : kFloors) {
    const auto found = counts.find(floor.what);
    const std::uint64_t met = found == counts.end() ? 0 : found->second;
    const std::uint64_t wanted = floor.in_10000_seeds * seeds / 10'000;
    if (met < wanted) below.push_back(fmt::format("{}: {}, at least {} are wanted of {} seeds", floor.what, met, wanted, seeds));
  }
  return below;
}

}  // namespace varve
