#include "tests/simulation/simulation.h"

#include <fmt/format.h>
#include <kj/exception.h>

#include "base/sim/sim_world.h"
#include "tests/simulation/sim_life.h"

namespace varve {

namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

// What happens next, by chance.
void step(SimLife& life, SimRandom& random) {
  const std::uint64_t what = random.below(100);
  if (what < 45) {
    life.submit(1 + random.below(random.percent(10) ? 300 : 30));
  } else if (what < 52) {
    life.begin_checkpoint();
  } else if (what < 62) {
    life.plan_fault();
  } else if (what < 67) {
    life.kill();
  } else if (what < 71) {
    life.lose_power();
  } else if (what < 76) {
    life.lose_power_after(random.below(60));
  } else if (what < 81) {
    life.restart_cleanly();
  } else if (what < 86) {
    life.full() ? life.make_room() : life.fill_disk();
  } else if (what < 88) {
    life.set_read_only(!life.read_only());
  } else if (what < 90) {
    life.jump_clock();
  } else if (what < 95) {
    life.settle();
  } else {
    life.pass(milliseconds(random.below(5000)));
  }
  life.revive();
  life.pass(microseconds(random.below(3000)));
  life.revive();
}

void live(SimWorld& world, const SimulationOptions& options, SimulationReport& report) {
  SimRandom random(options.seed ^ 0x73696d756c617465);
  SimLife life(world, random, options, report);
  life.start();
  for (unsigned i = 0; i < options.steps; ++i) step(life, random);
  life.end_well();
}

}  // namespace

SimulationReport simulate(const SimulationOptions& options) {
  SimulationReport report;
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
  return report;
}

}  // namespace varve
