#include "tests/simulation/cluster/cluster_simulation.h"

#include <kj/exception.h>

#include "base/sim/sim_world.h"
#include "tests/simulation/cluster/cluster_life.h"

namespace varve {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

struct Weighted {
  unsigned weight;
  void (ClusterLife::*verb)();
};

constexpr Weighted kVerbs[] = {
    {34, &ClusterLife::submit},
    {6, &ClusterLife::elect},
    {8, &ClusterLife::roll_or_purge},
    {2, &ClusterLife::ask_outcomes},
    {6, &ClusterLife::kill_node},
    {3, &ClusterLife::lose_power},
    {5, &ClusterLife::lose_power_soon},
    {1, &ClusterLife::lose_all_power},
    {6, &ClusterLife::kill_rm},
    {4, &ClusterLife::plan_disk_fault},
    {2, &ClusterLife::slow_disk},
    {2, &ClusterLife::fill_or_free_disk},
    {2, &ClusterLife::make_disk_read_only_or_not},
    {2, &ClusterLife::rest},
    {7, &ClusterLife::break_network},
    {6, &ClusterLife::mend_network},
    {2, &ClusterLife::set_clocks},
    {4, &ClusterLife::rot},
    {5, &ClusterLife::rot_of_the_newest},
    {1, &ClusterLife::wipe_disk},
    {8, &ClusterLife::change_members},
    {1, &ClusterLife::change_members_in_haste},
    {2, &ClusterLife::lose_power_with_a_promise},
    {2, &ClusterLife::elect_both},
    {4, &ClusterLife::quick_reigns},
};

void step(ClusterLife& life, SimRandom& random) {
  unsigned all = 0;
  for (const Weighted& verb : kVerbs) all += verb.weight;
  std::uint64_t drawn = random.below(all);
  for (const Weighted& verb : kVerbs) {
    if (drawn < verb.weight) {
      (life.*verb.verb)();
      break;
    }
    drawn -= verb.weight;
  }
  life.pass(random.percent(60) ? std::chrono::nanoseconds(microseconds(random.below(5000)))
                               : std::chrono::nanoseconds(milliseconds(random.below(random.percent(80) ? 500 : 4000))));
}

void live(SimWorld& world, const ClusterOptions& options, ClusterReport& report) {
  SimRandom random(options.seed ^ 0x636c7573746572);
  ClusterLife life(world, random, options, report);
  life.found();
  for (unsigned i = 0; i < options.steps; ++i) step(life, random);
  life.end_well();
}

}  // namespace

ClusterReport simulate_cluster(const ClusterOptions& options) {
  ClusterReport report;
  report.seed = options.seed;
  SimWorld world(options.seed);
  try {
    live(world, options, report);
  } catch (const Violation& violation) {
    report.failure = violation.text;
  } catch (const kj::Exception& exception) {
    report.failure = exception.getDescription().cStr();
  }
  report.trace_hash = world.trace().hash();
  report.virtual_time = world.clock().now();
  report.network = world.network().counts();
  return report;
}

}  // namespace varve
