#include "tests/shared_simulation/shared_simulation.h"

#include <fmt/format.h>
#include <kj/exception.h>

#include "tests/shared_simulation/shared_world.h"

namespace varve {

void SharedSimulationReport::add(const SharedSimulationReport& other) {
  virtual_time += other.virtual_time;
  kills += other.kills;
  pauses += other.pauses;
  power_losses += other.power_losses;
  disk_faults += other.disk_faults;
  full_disks += other.full_disks;
  late_operations += other.late_operations;
  audits += other.audits;
  const std::uint64_t* from = &other.counts.starts;
  std::uint64_t* to = &counts.starts;
  static_assert(sizeof(SharedCounts) % sizeof(std::uint64_t) == 0);
  for (std::size_t i = 0; i < sizeof(SharedCounts) / sizeof(std::uint64_t); ++i) to[i] += from[i];
}

std::string SharedSimulationReport::text() const {
  return fmt::format(
      "{:.1f} virtual hours; {} starts, {} stands, {} reigns, {} fenced; {} frames submitted, {} acknowledged, {} unknown, {} without "
      "space; {} outcomes asked for, {} frames read, {} purges, {} audits\nfaults: {} kills, {} pauses, {} power losses, {} disk faults "
      "planned, {} full disks, {} operations that arrived after the death of their process",
      static_cast<double>(virtual_time.count()) / 3.6e12, counts.starts, counts.stands, counts.reigns, counts.fenced, counts.submitted,
      counts.acknowledged, counts.unknown, counts.no_space, counts.outcomes, counts.read, counts.purges, audits, kills, pauses,
      power_losses, disk_faults, full_disks, late_operations);
}

SharedSimulationReport simulate_shared(const SharedSimulationOptions& options) {
  SharedSimulationReport report;
  report.seed = options.seed;
  SharedWorld world(options, report);
  try {
    for (unsigned i = 0; i < options.steps; ++i) world.step();
    world.end_well();
  } catch (const kj::Exception& exception) {
    report.failure = exception.getDescription().cStr();
  }
  return report;
}

}  // namespace varve
