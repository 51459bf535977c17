// What the programs that run seeds of a simulation have in common: which seeds, and the command that replays one which fails, fails a
// CHECK, crashes or does not end.
//
// Threads: one for each process, on its main thread; the signals that report a crash are the process's.
#pragma once

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>

namespace varve {

class SeedProgram {
 public:
  // `steps`: of one seed, unless the command line says otherwise.
  SeedProgram(std::string what, unsigned steps);

  // For options of its own.
  CLI::App& command() { return command_; }
  // Ends the process when the command line is wrong (exit status 2) or asks for help.
  void parse(int argc, char** argv);

  std::uint64_t first() const { return first_; }
  std::uint64_t last() const { return last_; }
  void set_seeds(std::uint64_t first, std::uint64_t last);

  // What the simulation is given for this seed, which is the one that runs from now on.
  template <typename Options>
  Options begin(std::uint64_t seed) {
    note_begin(seed);
    Options options;
    options.seed = seed;
    options.steps = steps_;
    options.sync_is_noop = sync_is_noop_;
    if (trace_) options.trace = [](std::string_view line) { fmt::print("{}\n", line); };
    return options;
  }
  // How it ended; "" is well. Says how to replay it if not.
  void end(const std::string& failure);

  std::uint64_t seeds() const { return seeds_; }
  std::uint64_t failed() const { return failed_; }

 private:
  void note_begin(std::uint64_t seed);

  CLI::App command_;
  std::string program_;
  std::string seed_text_;
  std::uint64_t first_ = 1;
  std::uint64_t last_ = 100;
  unsigned steps_;
  bool sync_is_noop_ = false;
  bool trace_ = false;
  std::uint64_t seeds_ = 0;
  std::uint64_t failed_ = 0;
  std::uint64_t seed_ = 0;
};

}  // namespace varve
