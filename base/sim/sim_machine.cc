#include "base/sim/sim_machine.h"

#include "base/check.h"
#include "base/sim/sim_world.h"

namespace varve {

namespace {

// Each machine's monotonic clock has a zero point of its own.
std::chrono::nanoseconds draw_start(Random& seed) {
  return std::chrono::seconds(1 + static_cast<std::int64_t>(seed.below(1'000'000)));
}

}  // namespace

SimMachine::SimMachine(SimWorld& world, std::string name, Random& seed)
    : world_(world),
      name_(std::move(name)),
      clock_(world.clock(), draw_start(seed)),
      disk_(world.clock(), world.trace(), seed.next()),
      network_(world.network(), name_),
      log_sink_([this](LogLevel level, std::string_view line) { world_.seams().log(level, name_ + ": " + std::string(line)); }) {
  follow_disk();
}

Seams SimMachine::seams() {
  Seams shared = world_.seams();
  return {clock_, disk_, network_, shared.random, shared.workers, log_sink_};
}

void SimMachine::follow_disk() {
  tasks_.add(disk_.when_crashed().then([this] { power_off(); }));
}

void SimMachine::power_off() {
  if (off_) return;
  off_ = true;
  disk_.power_off();
  world_.network().power_off(name_);
}

void SimMachine::power_on(const CrashOutcome& outcome) {
  CHECK(off_, name_);
  disk_.crash(outcome);
  back_on();
}

void SimMachine::power_on(Random& random) {
  CHECK(off_, name_);
  disk_.crash(random);
  back_on();
}

void SimMachine::back_on() {
  off_ = false;
  tasks_.clear();
  follow_disk();
  world_.network().power_on(name_);
}

void SimMachine::kill_connections() {
  world_.network().kill_connections(name_);
}

}  // namespace varve
