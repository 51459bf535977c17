// The load on a peer: threads that write, each waiting for its write to be durable before the next.
#pragma once

#include <sys/resource.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "tools/bench/latency_histogram.h"

namespace varve::peers {

struct PeerLoad {
  std::string directory;
  unsigned threads = 64;
  double seconds = 5;
  std::size_t value_bytes = 256;
};

inline PeerLoad parse(int argc, char** argv) {
  if (argc < 4) {
    std::fprintf(stderr, "%s DIR THREADS SECONDS [VALUE_BYTES]\n", argv[0]);
    std::exit(2);
  }
  PeerLoad load{argv[1], static_cast<unsigned>(std::atoi(argv[2])), std::atof(argv[3]), 256};
  if (argc > 4) load.value_bytes = static_cast<std::size_t>(std::atoi(argv[4]));
  return load;
}

inline double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

// `put` writes one pair durably and says whether it could.
inline int run(const PeerLoad& load, const std::function<bool(const std::string& key, const std::string& value)>& put) {
  using Steady = std::chrono::steady_clock;
  const std::string value(load.value_bytes, 'v');
  std::atomic<bool> failed{false};
  const auto began = Steady::now();
  const auto end = began + std::chrono::duration<double>(load.seconds);
  const double cpu = cpu_seconds();
  std::vector<LatencyHistogram> latencies(load.threads);
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < load.threads; ++t)
    threads.emplace_back([&, t] {
      std::mt19937_64 random(t);
      std::string key(16, '0');
      for (auto now = Steady::now(); now < end && !failed;) {
        std::snprintf(key.data(), key.size() + 1, "%016llx", static_cast<unsigned long long>(random()));
        if (!put(key, value)) failed = true;
        const auto done = Steady::now();
        latencies[t].add(done - now);
        now = done;
      }
    });
  for (std::thread& thread : threads) thread.join();
  if (failed) return 1;
  const double seconds = std::chrono::duration<double>(Steady::now() - began).count();
  LatencyHistogram all;
  for (const LatencyHistogram& one : latencies) all.add(one);
  std::printf("{\"ops_per_s\":%.1f,\"p50_us\":%.1f,\"p99_us\":%.1f,\"cpu_s\":%.2f}\n", static_cast<double>(all.count()) / seconds,
              all.quantile_us(0.5), all.quantile_us(0.99), cpu_seconds() - cpu);
  return 0;
}

}  // namespace varve::peers
