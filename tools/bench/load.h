// A load on an engine: who submits transactions, when, and how long each took until it was durable and applied.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>

#include "tools/bench/latency_histogram.h"
#include "varve/engine.h"
#include "varve/error.h"

namespace varve {

// Gives the bytes of the n-th transaction. Called by one thread at a time; the bytes are used before the next call.
using TransactionSource = std::function<Bytes(std::uint64_t n)>;
// Is told of each commit on the engine's thread; may be empty.
using CommitObserver = std::function<void(TxId txid, std::chrono::steady_clock::time_point at)>;

// Threads: start() and finish() the caller's; the others the engine's (Engine::inspect).
class Load {
 public:
  virtual ~Load() = default;

  virtual void start() = 0;
  // Forgets what was seen so far.
  void begin_measuring() {
    latencies_.clear();
    last_completion_ = std::chrono::steady_clock::now();
    longest_pause_ = std::chrono::nanoseconds(0);
  }
  const LatencyHistogram& latencies() const { return latencies_; }
  // Between two completions, since begin_measuring(), until now.
  std::chrono::nanoseconds longest_pause() const { return std::max(longest_pause_, std::chrono::steady_clock::now() - last_completion_); }
  // Submits no more and waits for what is under way. The first error of any transaction.
  virtual Result<void> finish() = 0;

 protected:
  void note(std::chrono::steady_clock::time_point began, std::chrono::steady_clock::time_point now) {
    latencies_.add(now - began);
    longest_pause_ = std::max(longest_pause_, now - last_completion_);
    last_completion_ = now;
  }

 private:
  LatencyHistogram latencies_;
  std::chrono::steady_clock::time_point last_completion_;
  std::chrono::nanoseconds longest_pause_{0};
};

// What a stretch of time under load showed.
struct LoadFigures {
  double seconds = 0;
  double operations = 0;  // durable and applied
  double cpu_seconds = 0;
  double frames = 0;
  double frame_bytes = 0;
  LatencyHistogram latencies;
  std::chrono::nanoseconds longest_pause{0};  // between two completions
};

// Lets a started load run for `warmup_seconds`, then measures for `seconds`.
LoadFigures measure(Engine& engine, Load& load, double warmup_seconds, double seconds);
// Measures for as long as `work` runs.
LoadFigures measure_while(Engine& engine, Load& load, const std::function<void()>& work);

void sleep_for(double seconds);

}  // namespace varve
