// What a benchmark prints: lines for people, or with --json one object on the last line.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tools/bench/latency_histogram.h"

namespace varve {

// CPU seconds of this process so far, user and system.
double process_cpu_seconds();
// Anonymous resident memory of this process, in bytes (RssAnon of /proc/self/status).
std::uint64_t anonymous_bytes();

class BenchReport {
 public:
  void add(std::string key, double value) { values_.emplace_back(std::move(key), value); }
  // ops_per_s, bytes_per_s and seconds.
  void add_rates(double operations, double bytes, double seconds);
  // p50_us, p99_us, p999_us and max_us, with `prefix` before each.
  void add_latencies(const LatencyHistogram& latencies, std::string_view prefix = "");
  // The same of a command that measures one thing once: it is the whole run's.
  void add_latency_of_run(double seconds);
  void print(bool json) const;

 private:
  std::vector<std::pair<std::string, double>> values_;
};

}  // namespace varve
