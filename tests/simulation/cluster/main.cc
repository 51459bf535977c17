// Runs seeds of the simulated cluster; each that fails is printed with the command that replays it. Exit status 1 when one failed, when
// what they met does not reach the floors, or when a trace is not the one of the table.
#include <fmt/format.h>

#include <cstdlib>
#include <ctime>
#include <fstream>
#include <map>
#include <sstream>
#include <string>

#include "tests/simulation/cluster/cluster_simulation.h"
#include "tests/simulation/cluster/count_floors.h"
#include "tests/support/seed_program.h"

namespace varve {
namespace {

// Ten thousand days of seeds that no other day has.
std::uint64_t first_of_today(std::uint64_t count) {
  if (const char* first = std::getenv("VARVE_FIRST_SEED"); first != nullptr && *first != '\0') return std::strtoull(first, nullptr, 10);
  const auto day = static_cast<std::uint64_t>(std::time(nullptr)) / (24 * 60 * 60);
  return 1 + day % 10'000 * count;
}

// The seeds, and what they met.
class SeedRun {
 public:
  explicit SeedRun(SeedProgram& program) : program_(program) {}

  ClusterReport run(std::uint64_t seed) {
    ClusterReport report = simulate_cluster(program_.begin<ClusterOptions>(seed));
    program_.end(report.failure);
    virtual_hours_ += std::chrono::duration<double, std::ratio<3600>>(report.virtual_time).count();
    for (const auto& [what, times] : report.counts) counts_[what] += times;
    return report;
  }

  void print_totals() const {
    fmt::print("{} seeds, {} failed, {:.1f} virtual hours\n", program_.seeds(), program_.failed(), virtual_hours_);
    for (const auto& [what, times] : counts_) fmt::print("  {:<40} {}\n", what, times);
  }

  bool met_too_little() const {
    std::map<std::string, std::uint64_t> counts = counts_;
    counts[kVirtualHours] = static_cast<std::uint64_t>(virtual_hours_);
    const std::vector<std::string> below = below_floors(counts, program_.seeds());
    for (const std::string& line : below) fmt::print("too little: {}\n", line);
    return !below.empty();
  }

 private:
  SeedProgram& program_;
  double virtual_hours_ = 0;
  std::map<std::string, std::uint64_t> counts_;
};

constexpr char kTableTitle[] =
    "# Seed, hash of its trace at the default number of steps. Made with: cluster_simulation --seeds 1..20 --hashes";

void print_hashes(const SeedProgram& program, SeedRun& run) {
  fmt::print("{}\n", kTableTitle);
  for (std::uint64_t seed = program.first(); seed <= program.last(); ++seed) fmt::print("{} {:016x}\n", seed, run.run(seed).trace_hash);
}

// False when one differs, or there is none. The table's lines: a seed and the hash of its trace; what begins with # is for people.
bool check_hashes(SeedRun& run, const std::string& path) {
  std::ifstream table(path);
  std::uint64_t compared = 0;
  std::uint64_t different = 0;
  for (std::string line; std::getline(table, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream fields(line);
    std::uint64_t seed = 0;
    std::uint64_t expected = 0;
    fields >> seed >> std::hex >> expected;
    const ClusterReport report = run.run(seed);
    ++compared;
    if (report.trace_hash == expected) continue;
    ++different;
    fmt::print("seed {}: trace hash {:016x}, the table has {:016x}\n", seed, report.trace_hash, expected);
  }
  fmt::print("{} trace hashes compared, {} differ\n", compared, different);
  return compared > 0 && different == 0;
}

// False when they met too little and that matters.
bool run_seeds(const SeedProgram& program, SeedRun& run, bool require_counts) {
  for (std::uint64_t seed = program.first(); seed <= program.last(); ++seed) {
    const ClusterReport report = run.run(seed);
    if (program.first() == program.last()) fmt::print("trace hash {:016x}\n", report.trace_hash);
  }
  run.print_totals();
  return !require_counts || !run.met_too_little();
}

int run(int argc, char** argv) {
  SeedProgram program("Runs seeds of simulated journal nodes, writers and readers", ClusterOptions().steps);
  std::uint64_t rotate = 0;
  bool require_counts = false;
  bool hashes = false;
  std::string table;
  program.command().add_option("--rotate", rotate, "So many seeds, other ones every day: from VARVE_FIRST_SEED on when that is set");
  program.command().add_flag("--require-counts", require_counts, "What they meet must reach the floors, scaled to their number");
  program.command().add_flag("--hashes", hashes, "Prints each seed's trace hash, as the table has them");
  program.command().add_option("--check-hashes", table, "Compares the seeds of a table with it")->check(CLI::ExistingFile);
  program.parse(argc, argv);
  if (rotate > 0) {
    const std::uint64_t first = first_of_today(rotate);
    program.set_seeds(first, first + rotate - 1);
    fmt::print("seeds {} to {}; again: VARVE_FIRST_SEED={}\n", program.first(), program.last(), program.first());
  }
  SeedRun run(program);
  bool good = true;
  if (!table.empty())
    good = check_hashes(run, table);
  else if (hashes)
    print_hashes(program, run);
  else
    good = run_seeds(program, run, require_counts);
  return good && program.failed() == 0 ? 0 : 1;
}

}  // namespace
}  // namespace varve

int main(int argc, char** argv) {
  return varve::run(argc, argv);
}
