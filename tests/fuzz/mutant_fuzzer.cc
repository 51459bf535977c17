// Feeds every entry point with mutants for a while, other ones every day, without the compiler that the fuzzers need and without their
// sense of direction: for CI. An input that ends the process is printed with the command that makes it again.
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <ctime>

#include "base/bytes.h"
#include "tests/fuzz/entry_points.h"
#include "tests/fuzz/inputs.h"
#include "tests/fuzz/seeds.h"

#if defined(__SANITIZE_ADDRESS__)
extern "C" void __sanitizer_set_death_callback(void (*callback)());
#endif

namespace varve::fuzz {
namespace {

constexpr std::uint64_t kMutantsOfOneDay = 1'000'000'000;
constexpr unsigned kSecondsMax = 20;  // for one input
constexpr int kMutationsMax = 4;

char again[256];  // the command for the input that runs

void say_again() {
  [[maybe_unused]] auto a = write(STDERR_FILENO, again, std::strlen(again));
}

void on_end(int) {
  say_again();
  _exit(1);
}

void watch_the_end() {
  for (int number : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGALRM}) signal(number, on_end);
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_set_death_callback(say_again);
#endif
}

// An entry point and where its mutants begin.
struct Target {
  const EntryPoint* entry;
  std::vector<std::string> begins;
};

std::vector<Target> targets_of(const std::vector<std::string>& names) {
  std::vector<Target> targets;
  for (const EntryPoint& entry : entry_points()) {
    if (!names.empty() && std::find(names.begin(), names.end(), entry.name) == names.end()) continue;
    Target target{&entry, seeds_of(entry.name)};
    for (std::string& found : found_by_fuzzing(entry.name)) target.begins.push_back(std::move(found));
    targets.push_back(std::move(target));
  }
  return targets;
}

// Mutant `number` of this entry point: the same one each time.
std::string input_of(const Target& target, std::uint64_t number) {
  std::mt19937_64 random(number);
  std::string input = target.begins[random() % target.begins.size()];
  for (std::uint64_t left = 1 + random() % kMutationsMax; left > 0; --left) input = mutant_of(std::move(input), random);
  return input;
}

int run(int argc, char** argv) {
  CLI::App command("Feeds parsers and journal nodes with mutants of sound input");
  double seconds = 60;
  std::uint64_t first = static_cast<std::uint64_t>(std::time(nullptr)) / (24 * 60 * 60) * kMutantsOfOneDay;
  std::uint64_t count = 0;
  std::vector<std::string> names;
  command.add_option("--seconds", seconds, "For all together")->capture_default_str();
  command.add_option("--first", first, "Number of the first mutant; other ones every day unless given");
  command.add_option("--count", count, "So many of each and no more; 0: as the time allows");
  command.add_option("names", names, "Entry points; all unless given")->check([](const std::string& name) {
    const auto all = entry_points();
    return std::any_of(all.begin(), all.end(), [&](const EntryPoint& entry) { return entry.name == name; }) ? "" : "no entry point " + name;
  });
  CLI11_PARSE(command, argc, argv);

  watch_the_end();
  const std::vector<Target> targets = targets_of(names);
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
  std::uint64_t number = first;
  for (; std::chrono::steady_clock::now() < end && (count == 0 || number < first + count); ++number) {
    for (const Target& target : targets) {
      const std::string text = fmt::format("again: {} --first {} --count 1 {}\n", argv[0], number, target.entry->name);
      std::snprintf(again, sizeof(again), "%s", text.c_str());
      alarm(kSecondsMax);
      target.entry->run(as_bytes(input_of(target, number)));
    }
  }
  fmt::print("{} mutants of each of {} entry points, from {} on\n", number - first, targets.size(), first);
  return 0;
}

}  // namespace
}  // namespace varve::fuzz

int main(int argc, char** argv) {
  return varve::fuzz::run(argc, argv);
}
