// cluster_simulation [--seed N | --seeds A..B] [--steps N] [--sync-is-noop] [--trace]
// Runs seeds of the simulated cluster; each that fails is printed with the command that replays it. Exit status 1 when one failed.
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>

#include "tests/simulation/cluster/cluster_simulation.h"

namespace {

struct Arguments {
  std::uint64_t first = 1;
  std::uint64_t last = 100;
  bool counts = true;
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
  fmt::print(stderr, "cluster_simulation: {}\nusage: cluster_simulation [--seed N | --seeds A..B] [--steps N] [--sync-is-noop] [--trace]\n",
             wrong);
  std::exit(2);
}

std::uint64_t number(const char* text, char** end) {
  if (text == nullptr || *text < '0' || *text > '9') usage("a number is missing");
  return std::strtoull(text, end, 10);
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

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments = parse(argc, argv);
  signal(SIGABRT, on_abort);
  signal(SIGSEGV, on_crash);
  signal(SIGALRM, on_alarm);
  std::map<std::string, std::uint64_t> counts;
  varve::FaultCounts faults;
  std::uint64_t failed = 0;
  double virtual_hours = 0;
  for (std::uint64_t seed = arguments.first; seed <= arguments.last; ++seed) {
    arguments.options.seed = seed;
    const std::string command = fmt::format("{} --seed {} --steps {}{} --trace", argv[0], seed, arguments.options.steps,
                                            arguments.options.sync_is_noop ? " --sync-is-noop" : "");
    std::snprintf(replay, sizeof(replay), "%s", command.c_str());
    alarm(kSecondsMax);
    const varve::ClusterReport report = varve::simulate_cluster(arguments.options);
    virtual_hours += std::chrono::duration<double, std::ratio<3600>>(report.virtual_time).count();
    for (const auto& [what, times] : report.counts) counts[what] += times;
    faults.add(report.disk_faults);
    if (arguments.first == arguments.last) fmt::print("trace hash {:016x}\n", report.trace_hash);
    if (report.failure.empty()) continue;
    ++failed;
    fmt::print("seed {} failed: {}\n  replay: {}\n", seed, report.failure, command);
    std::fflush(stdout);
  }
  fmt::print("{} seeds, {} failed, {:.1f} virtual hours\n", arguments.last - arguments.first + 1, failed, virtual_hours);
  for (const auto& [what, times] : counts) fmt::print("  {:<40} {}\n", what, times);
  fmt::print("  disk: {}\n", faults.text());
  return failed == 0 ? 0 : 1;
}
