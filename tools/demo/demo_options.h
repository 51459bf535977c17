// What `varve demo` was asked for.
#pragma once

#include <cstdint>
#include <string>

namespace varve {

struct DemoOptions {
  bool embedded = true;  // the only kind of journal for now
  std::string trace;     // CSV file; empty: the built-in generator
  std::string keep;      // directory to leave the journal in; empty: a temporary one, also left
  std::uint64_t transactions = 1'200'000;
  std::uint64_t kills = 12;
  std::uint64_t window = 1000;  // transactions under way
  std::uint64_t seed = 1;
};

// The child's part: one life of the resource manager.
struct DemoLifeOptions {
  std::string directory;
  std::string counters;
  std::string trace;
  std::uint64_t transactions = 0;
  std::uint64_t window = 0;
  std::uint64_t seed = 0;
};

}  // namespace varve
