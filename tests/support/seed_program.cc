#include "tests/support/seed_program.h"

#include <signal.h>
#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <utility>

namespace varve {
namespace {

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

// "A..B"
std::optional<std::pair<std::uint64_t, std::uint64_t>> range_of(const std::string& text) {
  const char* end = text.data() + text.size();
  std::pair<std::uint64_t, std::uint64_t> range;
  const auto first = std::from_chars(text.data(), end, range.first);
  if (first.ec != std::errc() || std::string_view(first.ptr, end).substr(0, 2) != "..") return std::nullopt;
  const auto last = std::from_chars(first.ptr + 2, end, range.second);
  if (last.ec != std::errc() || last.ptr != end) return std::nullopt;
  return range;
}

}  // namespace

SeedProgram::SeedProgram(std::string what, unsigned steps) : command_(std::move(what)), steps_(steps) {
  CLI::Option* one = command_.add_option_function<std::uint64_t>(
      "--seed", [this](const std::uint64_t& seed) { set_seeds(seed, seed); }, "One seed");
  command_
      .add_option_function<std::string>(
          "--seeds",
          [this](const std::string& text) {
            const auto range = range_of(text);
            if (!range) throw CLI::ValidationError("--seeds", "expected A..B, found " + text);
            set_seeds(range->first, range->second);
          },
          "Seeds A..B; 1..100 unless given")
      ->excludes(one);
  command_.add_option("--steps", steps_, "Of each seed")->capture_default_str();
  command_.add_flag("--sync-is-noop", sync_is_noop_, "Disks that lie: work must be lost, and that be found");
  command_.add_flag("--trace", trace_, "Prints each step, disk operation and log line");
}

void SeedProgram::parse(int argc, char** argv) {
  program_ = argv[0];
  try {
    command_.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::exit(command_.exit(error) == 0 ? 0 : 2);
  }
  signal(SIGABRT, on_abort);
  signal(SIGSEGV, on_crash);
  signal(SIGALRM, on_alarm);
}

void SeedProgram::set_seeds(std::uint64_t first, std::uint64_t last) {
  first_ = first;
  last_ = last;
}

void SeedProgram::note_begin(std::uint64_t seed) {
  seed_ = seed;
  const std::string command =
      fmt::format("{} --seed {} --steps {}{} --trace", program_, seed, steps_, sync_is_noop_ ? " --sync-is-noop" : "");
  std::snprintf(replay, sizeof(replay), "%s", command.c_str());
  alarm(kSecondsMax);
}

void SeedProgram::end(const std::string& failure) {
  ++seeds_;
  if (failure.empty()) return;
  ++failed_;
  fmt::print("seed {} failed: {}\n  replay: {}\n", seed_, failure, replay);
  std::fflush(stdout);
}

}  // namespace varve
