// simulation [--seed N | --seeds A..B] [--steps N] [--sync-is-noop] [--trace]
// Runs seeds of the simulation; each that fails is printed with the command that replays it. Exit status 1 when one failed.
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "tests/simulation/simulation.h"

namespace {

struct Arguments {
  std::uint64_t first = 1;
  std::uint64_t last = 100;
  varve::SimulationOptions options;
};

char replay[256];  // for on_abort(): the command for the seed that runs

// A CHECK has failed: say how to see it again.
void on_abort(int) {
  static constexpr char kText[] = "the simulation ended by a failed CHECK; replay: ";
  [[maybe_unused]] auto a = write(STDERR_FILENO, kText, sizeof(kText) - 1);
  [[maybe_unused]] auto b = write(STDERR_FILENO, replay, std::strlen(replay));
  [[maybe_unused]] auto c = write(STDERR_FILENO, "\n", 1);
}

[[noreturn]] void usage(const char* wrong) {
  fmt::print(stderr, "simulation: {}\nusage: simulation [--seed N | --seeds A..B] [--steps N] [--sync-is-noop] [--trace]\n", wrong);
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
  varve::FaultCounts faults;
  varve::SimulationReport total;
  std::uint64_t failed = 0;
  for (std::uint64_t seed = arguments.first; seed <= arguments.last; ++seed) {
    arguments.options.seed = seed;
    const std::string command = fmt::format("{} --seed {} --steps {}{} --trace", argv[0], seed, arguments.options.steps,
                                            arguments.options.sync_is_noop ? " --sync-is-noop" : "");
    std::snprintf(replay, sizeof(replay), "%s", command.c_str());
    const varve::SimulationReport report = varve::simulate(arguments.options);
    faults.add(report.faults);
    total.submitted += report.submitted;
    total.acknowledged += report.acknowledged;
    total.starts += report.starts;
    total.audits += report.audits;
    total.outcomes_asked += report.outcomes_asked;
    if (report.failure.empty()) continue;
    ++failed;
    fmt::print("seed {} failed: {}\n  replay: {}\n", seed, report.failure, command);
  }
  fmt::print("{} seeds, {} failed; {} submissions, {} acknowledged, {} starts, {} audits, {} outcomes asked for\nfaults: {}\n",
             arguments.last - arguments.first + 1, failed, total.submitted, total.acknowledged, total.starts, total.audits,
             total.outcomes_asked, faults.text());
  return failed == 0 ? 0 : 1;
}
