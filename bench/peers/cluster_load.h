// The load on a cluster: so many writes under way at any time, each started when another was answered.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

#include "bench/peers/peer_load.h"
#include "tools/bench/latency_histogram.h"

namespace varve::peers {

using Steady = std::chrono::steady_clock;

struct ClusterLoad {
  std::string host;
  std::string port;
  unsigned outstanding = 64;
  double seconds = 2;
  double warmup_seconds = 0.5;
  std::size_t value_bytes = 256;

  static ClusterLoad parse(int argc, char** argv) {
    const std::string address = argc > 1 ? argv[1] : "";
    const std::size_t colon = address.rfind(':');
    if (argc < 4 || colon == std::string::npos || std::atoi(argv[2]) < 1) {
      std::fprintf(stderr, "%s HOST:PORT OUTSTANDING SECONDS [WARMUP_SECONDS [VALUE_BYTES]]\n", argv[0]);
      std::exit(2);
    }
    ClusterLoad load;
    load.host = address.substr(0, colon);
    load.port = address.substr(colon + 1);
    load.outstanding = static_cast<unsigned>(std::atoi(argv[2]));
    load.seconds = std::atof(argv[3]);
    if (argc > 4) load.warmup_seconds = std::atof(argv[4]);
    if (argc > 5) load.value_bytes = static_cast<std::size_t>(std::atoi(argv[5]));
    return load;
  }
};

// When it counts: from the end of the warm-up, for the seconds of the load. Begins with its construction.
class MeasuredTime {
 public:
  explicit MeasuredTime(const ClusterLoad& load)
      : begin_(Steady::now() + duration(load.warmup_seconds)), end_(begin_ + duration(load.seconds)) {}

  bool over(Steady::time_point now) const { return now >= end_; }
  bool holds(Steady::time_point now) const { return now >= begin_ && now < end_; }
  double seconds() const { return std::chrono::duration<double>(end_ - begin_).count(); }

  // Waits until it is over; returns the CPU seconds of this process in it.
  double sleep_through() const {
    std::this_thread::sleep_until(begin_);
    const double before = cpu_seconds();
    std::this_thread::sleep_until(end_);
    return cpu_seconds() - before;
  }

 private:
  static Steady::duration duration(double seconds) {
    return std::chrono::duration_cast<Steady::duration>(std::chrono::duration<double>(seconds));
  }

  Steady::time_point begin_;
  Steady::time_point end_;
};

[[noreturn]] inline void give_up(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  std::_Exit(1);
}

// `cpu` are the CPU seconds of the load generator.
inline void print_figures(const MeasuredTime& time, const LatencyHistogram& latencies, double cpu) {
  if (latencies.count() == 0) give_up("nothing was answered");
  std::printf("{\"ops_per_s\":%.1f,\"p50_us\":%.1f,\"p99_us\":%.1f,\"cpu_s\":%.3f,\"seconds\":%.3f}\n",
              static_cast<double>(latencies.count()) / time.seconds(), latencies.quantile_us(0.5), latencies.quantile_us(0.99), cpu,
              time.seconds());
}

}  // namespace varve::peers
