// What `varve demo` was asked for.
#pragma once

#include <cstdint>
#include <string>

namespace varve {

struct DemoOptions {
  bool embedded = false;             // as is --journal embedded
  std::string journal = "embedded";  // or "quorum": on three journal nodes that the demo starts
  std::string trace;                 // CSV file; empty: the built-in generator
  std::string keep;                  // directory to leave the journal in; empty: a temporary one, also left
  std::uint64_t transactions = 1'200'000;
  std::uint64_t kills = 12;     // of the resource manager, and with a quorum as many of nodes
  std::uint64_t window = 1000;  // transactions under way
  std::uint64_t seed = 1;
};

// The child's part: one life of the resource manager.
struct DemoLifeOptions {
  std::string directory;
  std::string counters;
  std::string journal;  // its URL
  std::string trace;
  std::uint64_t transactions = 0;
  std::uint64_t window = 0;
  std::uint64_t seed = 0;
};

}  // namespace varve
