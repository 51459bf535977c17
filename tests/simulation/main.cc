// Runs seeds of the simulation; each that fails is printed with the command that replays it. Exit status 1 when one failed.
#include <fmt/format.h>

#include "tests/simulation/simulation.h"
#include "tests/support/seed_program.h"

int main(int argc, char** argv) {
  varve::SeedProgram program("Runs seeds of the simulated resource manager on one disk", varve::SimulationOptions().steps);
  program.parse(argc, argv);
  varve::FaultCounts faults;
  varve::SimulationReport total;
  for (std::uint64_t seed = program.first(); seed <= program.last(); ++seed) {
    const varve::SimulationReport report = varve::simulate(program.begin<varve::SimulationOptions>(seed));
    program.end(report.failure);
    faults.add(report.faults);
    total.submitted += report.submitted;
    total.acknowledged += report.acknowledged;
    total.starts += report.starts;
    total.audits += report.audits;
    total.outcomes_asked += report.outcomes_asked;
  }
  fmt::print("{} seeds, {} failed; {} submissions, {} acknowledged, {} starts, {} audits, {} outcomes asked for\nfaults: {}\n",
             program.seeds(), program.failed(), total.submitted, total.acknowledged, total.starts, total.audits, total.outcomes_asked,
             faults.text());
  return program.failed() == 0 ? 0 : 1;
}
