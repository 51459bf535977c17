// shared_simulation [--seed N | --seeds A..B] [--steps N] [--sync-is-noop] [--trace]
// Runs seeds of the simulation of the shared directory; each that fails is printed with the command that replays it. Exit status 1 when one
// failed.
#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "tests/shared_simulation/shared_simulation.h"

namespace {

struct Arguments {
  std::uint64_t first = 1;
  std::uint64_t last = 100;
  varve::SharedSimulationOptions options;
};

[[noreturn]] void usage(const char* wrong) {
  fmt::print(stderr, "shared_simulation: {}\nusage: shared_simulation [--seed N | --seeds A..B] [--steps N] [--sync-is-noop] [--trace]\n",
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
  varve::SharedSimulationReport total;
  std::uint64_t failed = 0;
  for (std::uint64_t seed = arguments.first; seed <= arguments.last; ++seed) {
    arguments.options.seed = seed;
    const varve::SharedSimulationReport report = varve::simulate_shared(arguments.options);
    total.add(report);
    if (arguments.first == arguments.last) fmt::print("trace hash {:016x}\n", report.trace_hash);
    if (report.failure.empty()) continue;
    ++failed;
    fmt::print("seed {} failed: {}\n  replay: {} --seed {} --steps {}{} --trace\n", seed, report.failure, argv[0], seed,
               arguments.options.steps, arguments.options.sync_is_noop ? " --sync-is-noop" : "");
    std::fflush(stdout);
  }
  fmt::print("{} seeds, {} failed; {}\n", arguments.last - arguments.first + 1, failed, total.text());
  return failed == 0 ? 0 : 1;
}
