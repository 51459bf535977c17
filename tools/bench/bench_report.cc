#include "tools/bench/bench_report.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <cstdio>
#include <fstream>

namespace varve {

double process_cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6; };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

std::uint64_t anonymous_bytes() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;)
    if (word == "RssAnon:") {
      std::uint64_t kib = 0;
      status >> kib;
      return kib * 1024;
    }
  return 0;
}

void BenchReport::add_rates(double operations, double bytes, double seconds) {
  add("ops_per_s", operations / seconds);
  add("bytes_per_s", bytes / seconds);
  add("seconds", seconds);
}

void BenchReport::add_latencies(const LatencyHistogram& latencies, std::string_view prefix) {
  add(fmt::format("{}p50_us", prefix), latencies.quantile_us(0.5));
  add(fmt::format("{}p99_us", prefix), latencies.quantile_us(0.99));
  add(fmt::format("{}p999_us", prefix), latencies.quantile_us(0.999));
  add(fmt::format("{}max_us", prefix), latencies.max_us());
}

void BenchReport::add_latency_of_run(double seconds) {
  for (const char* key : {"p50_us", "p99_us", "p999_us", "max_us"}) add(key, seconds * 1e6);
}

void BenchReport::print(bool json) const {
  if (!json) {
    for (const auto& [key, value] : values_) fmt::print("{:<26} {:.3f}\n", key, value);
    return;
  }
  std::string line = "{";
  for (const auto& [key, value] : values_) line += fmt::format("{}\"{}\":{:.3f}", line.size() == 1 ? "" : ",", key, value);
  fmt::print("{}}}\n", line);
}

}  // namespace varve
