// cluster_simulation [--seed N | --seeds A..B | --rotate N] [--steps N] [--require-counts] [--hashes | --check-hashes FILE]
// [--sync-is-noop]
//                    [--trace]
// Runs seeds of the simulated cluster; each that fails is printed with the command that replays it. Exit status 1 when one failed.
//   --rotate N          so many seeds, other ones every day: from VARVE_FIRST_SEED on when that is set.
//   --require-counts    what the seeds met must reach the floors of count_floors.cc, scaled to their number.
//   --hashes            prints each seed's trace hash, as the table has them; --check-hashes compares the seeds with a table.
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <map>
#include <string>

#include "tests/simulation/cluster/cluster_simulation.h"
#include "tests/simulation/cluster/count_floors.h"

namespace {

struct Arguments {
  std::uint64_t first = 1;
  std::uint64_t last = 100;
  bool require_counts = false;
  bool hashes = false;
  std::string hash_table;
  varve::ClusterOptions options;
};

constexpr unsigned kSecondsMax = 60;  // of real time, for one seed

char replay[256];  // for the signals: the command for the seed that runs

void say(const char* text) {
  [[maybe_unused]] auto a = write(STDERR_FILENO, text, std::strlen(text));
  [[maybe_unused]] auto b = write(STDERR_FILENO, replay, std::strlen(replay));
  [[maybe_unused]] auto c = write(STDERR_FILENO, "\n", 1);
}

void on_abort(int) {
  say("the simulation ended by a failed CHECK; replay: ");
}

void on_crash(int) {
  say("the simulation crashed; replay: ");
  _exit(1);
}

void on_alarm(int) {
  say("the simulation does not end; replay: ");
  _exit(1);
}

[[noreturn]] void usage(const char* wrong) {
  fmt::print(stderr,
             "cluster_simulation: {}\nusage: cluster_simulation [--seed N | --seeds A..B | --rotate N] [--steps N] [--require-counts] "
             "[--hashes | --check-hashes FILE] [--sync-is-noop] [--trace]\n",
             wrong);
  std::exit(2);
}

std::uint64_t number(const char* text, char** end) {
  if (text == nullptr || *text < '0' || *text > '9') usage("a number is missing");
  return std::strtoull(text, end, 10);
}

// Ten thousand days of seeds that no other day has.
std::uint64_t first_of_today(std::uint64_t count) {
  if (const char* first = std::getenv("VARVE_FIRST_SEED"); first != nullptr && *first != '\0') return std::strtoull(first, nullptr, 10);
  const auto day = static_cast<std::uint64_t>(std::time(nullptr)) / (24 * 60 * 60);
  return 1 + day % 10'000 * count;
}

Arguments parse(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    char* end = nullptr;
    if (word == "--seed") {
      arguments.first = arguments.last = number(argv[++i], &end);
    } else if (word == "--seeds") {
      arguments.first = number(argv[++i], &end);
      if (std::strncmp(end, "..", 2) != 0) usage("--seeds wants A..B");
      arguments.last = number(end + 2, &end);
    } else if (word == "--rotate") {
      const std::uint64_t count = number(argv[++i], &end);
      arguments.first = first_of_today(count);
      arguments.last = arguments.first + count - 1;
      fmt::print("seeds {} to {}; again: VARVE_FIRST_SEED={}\n", arguments.first, arguments.last, arguments.first);
    } else if (word == "--require-counts") {
      arguments.require_counts = true;
    } else if (word == "--hashes") {
      arguments.hashes = true;
    } else if (word == "--check-hashes") {
      if (argv[i + 1] == nullptr) usage("--check-hashes wants a file");
      arguments.hash_table = argv[++i];
    } else if (word == "--steps") {
      arguments.options.steps = static_cast<unsigned>(number(argv[++i], &end));
    } else if (word == "--sync-is-noop") {
      arguments.options.sync_is_noop = true;
    } else if (word == "--trace") {
      arguments.options.trace = [](std::string_view line) { fmt::print("{}\n", line); };
    } else {
      usage(("unknown argument " + word).c_str());
    }
  }
  return arguments;
}

class SeedRun {
 public:
  SeedRun(const Arguments& arguments, const char* program) : arguments_(arguments), program_(program) {}

  varve::ClusterReport run(std::uint64_t seed) {
    varve::ClusterOptions options = arguments_.options;
    options.seed = seed;
    const std::string command =
        fmt::format("{} --seed {} --steps {}{} --trace", program_, seed, options.steps, options.sync_is_noop ? " --sync-is-noop" : "");
    std::snprintf(replay, sizeof(replay), "%s", command.c_str());
    alarm(kSecondsMax);
    varve::ClusterReport report = varve::simulate_cluster(options);
    ++seeds_;
    virtual_hours_ += std::chrono::duration<double, std::ratio<3600>>(report.virtual_time).count();
    for (const auto& [what, times] : report.counts) counts_[what] += times;
    if (report.failure.empty()) return report;
    ++failed_;
    fmt::print("seed {} failed: {}\n  replay: {}\n", seed, report.failure, command);
    std::fflush(stdout);
    return report;
  }

  void print_totals() const {
    fmt::print("{} seeds, {} failed, {:.1f} virtual hours\n", seeds_, failed_, virtual_hours_);
    for (const auto& [what, times] : counts_) fmt::print("  {:<40} {}\n", what, times);
  }
  bool met_too_little() const {
    std::map<std::string, std::uint64_t> counts = counts_;
    counts[varve::kVirtualHours] = static_cast<std::uint64_t>(virtual_hours_);
    const std::vector<std::string> below = varve::below_floors(counts, seeds_);
    for (const std::string& line : below) fmt::print("too little: {}\n", line);
    return !below.empty();
  }
  std::uint64_t failed() const { return failed_; }

 private:
  const Arguments& arguments_;
  const char* program_;
  std::uint64_t seeds_ = 0;
  std::uint64_t failed_ = 0;
  double virtual_hours_ = 0;
  std::map<std::string, std::uint64_t> counts_;
};

// The table's lines: a seed and the hash of its trace; what begins with # is for people.
int check_hashes(SeedRun& run, const std::string& path) {
  std::ifstream table(path);
  std::uint64_t compared = 0;
  std::uint64_t different = 0;
  for (std::string line; std::getline(table, line);) {
    if (line.empty() || line[0] == '#') continue;
    char* end = nullptr;
    const std::uint64_t seed = number(line.c_str(), &end);
    const std::uint64_t expected = std::strtoull(end, nullptr, 16);
    const varve::ClusterReport report = run.run(seed);
    ++compared;
    if (report.trace_hash == expected) continue;
    ++different;
    fmt::print("seed {}: trace hash {:016x}, the table has {:016x}\n", seed, report.trace_hash, expected);
  }
  fmt::print("{} trace hashes compared, {} differ\n", compared, different);
  return compared > 0 && different == 0 && run.failed() == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  const Arguments arguments = parse(argc, argv);
  signal(SIGABRT, on_abort);
  signal(SIGSEGV, on_crash);
  signal(SIGALRM, on_alarm);
  SeedRun run(arguments, argv[0]);
  if (!arguments.hash_table.empty()) return check_hashes(run, arguments.hash_table);
  for (std::uint64_t seed = arguments.first; seed <= arguments.last; ++seed) {
    const varve::ClusterReport report = run.run(seed);
    if (arguments.hashes)
      fmt::print("{} {:016x}\n", seed, report.trace_hash);
    else if (arguments.first == arguments.last)
      fmt::print("trace hash {:016x}\n", report.trace_hash);
  }
  if (!arguments.hashes) run.print_totals();
  const bool too_little = arguments.require_counts && run.met_too_little();
  return run.failed() == 0 && !too_little ? 0 : 1;
}
