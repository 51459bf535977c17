// Runs seeds of the simulated shared directory; each that fails is printed with the command that replays it. Exit status 1 when one failed.
#include <fmt/format.h>

#include "tests/shared_simulation/shared_simulation.h"
#include "tests/support/seed_program.h"

int main(int argc, char** argv) {
  varve::SeedProgram program("Runs seeds of two simulated resource managers on a shared directory", varve::SharedSimulationOptions().steps);
  program.parse(argc, argv);
  varve::SharedSimulationReport total;
  for (std::uint64_t seed = program.first(); seed <= program.last(); ++seed) {
    const varve::SharedSimulationReport report = varve::simulate_shared(program.begin<varve::SharedSimulationOptions>(seed));
    program.end(report.failure);
    total.add(report);
    if (program.first() == program.last()) fmt::print("trace hash {:016x}\n", report.trace_hash);
  }
  fmt::print("{} seeds, {} failed; {}\n", program.seeds(), program.failed(), total.text());
  return program.failed() == 0 ? 0 : 1;
}
