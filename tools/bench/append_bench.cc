#include "tools/bench/append_bench.h"

#include <atomic>
#include <chrono>
#include <memory>
#include <semaphore>

#include "base/bytes.h"
#include "base/result.h"
#include "tools/bench/bench_report.h"
#include "tools/bench/counting_machine.h"
#include "varve/engine.h"

namespace varve {
namespace {

using Steady = std::chrono::steady_clock;

// Keeps a fixed number of transactions under way: each completion, on the engine's thread, submits the next.
class ClosedLoop {
 public:
  ClosedLoop(Engine& engine, const AppendBench& bench) : engine_(engine), inflight_(bench.inflight), payload_(bench.payload_bytes, 'v') {}

  void start() {
    for (std::uint64_t i = 0; i < inflight_; ++i) submit(Steady::now());
  }
  // Called on the engine's thread.
  void begin_measuring() { latencies_.clear(); }
  const LatencyHistogram& latencies() const { return latencies_; }

  Result<void> finish() {
    over_ = true;
    drained_.acquire();
    if (error_) return fail(*error_);
    return ok();
  }

 private:
  void submit(Steady::time_point began) {
    engine_.submit(as_bytes(payload_), [this, began](const Result<Committed>& done) { completed(done, began); });
  }
  void completed(const Result<Committed>& done, Steady::time_point began) {
    const auto now = Steady::now();
    latencies_.add(now - began);
    if (!done && !error_) error_ = done.error();
    if (!done || over_.load(std::memory_order_relaxed)) {
      if (++ended_ == inflight_) drained_.release();
      return;
    }
    submit(now);
  }

  Engine& engine_;
  const std::uint64_t inflight_;
  const std::string payload_;
  LatencyHistogram latencies_;
  std::atomic<bool> over_{false};
  std::uint64_t ended_ = 0;
  std::optional<Error> error_;
  std::binary_semaphore drained_{0};
};

void sleep_for(double seconds) {
  std::binary_semaphore never(0);
  (void)never.try_acquire_for(std::chrono::duration<double>(seconds));
}

}  // namespace

Result<void> run_append_bench(const AppendBench& bench) {
  Options options;
  options.journal = "file://" + bench.directory + "/journal";
  options.segment_bytes_max = bench.segment_bytes;
  options.segment_transactions_max = UINT64_MAX;
  options.direct_io = bench.direct_io;
  options.checkpoint_transactions = 0;
  options.checkpoint_log_bytes = 0;
  CountingMachine machine;
  ASSIGN_OR_RETURN(std::unique_ptr<Engine> engine, Engine::open(options, machine));

  ClosedLoop loop(*engine, bench);
  loop.start();
  sleep_for(bench.warmup_seconds);
  std::uint64_t count0 = 0;
  engine->inspect([&] {
    count0 = machine.count();
    loop.begin_measuring();
  });
  const Status before = engine->status();
  const double cpu0 = process_cpu_seconds();
  const auto began = Steady::now();
  sleep_for(bench.seconds);
  std::uint64_t count1 = 0;
  LatencyHistogram latencies;
  Steady::time_point ended;
  engine->inspect([&] {
    count1 = machine.count();
    ended = Steady::now();
    latencies = loop.latencies();
  });
  const double cpu = process_cpu_seconds() - cpu0;
  const Status after = engine->status();
  TRY(loop.finish());
  TRY(engine->close());

  const double seconds = std::chrono::duration<double>(ended - began).count();
  const auto operations = static_cast<double>(count1 - count0);
  const auto frames = static_cast<double>(after.frames - before.frames);
  BenchReport report;
  report.add_rates(operations, operations * static_cast<double>(bench.payload_bytes), seconds);
  report.add_latencies(latencies);
  report.add("cpu_s", cpu);
  report.add("batch", static_cast<double>(after.frame_transactions - before.frame_transactions) / frames);
  report.add("frame_bytes", static_cast<double>(after.frame_bytes - before.frame_bytes) / frames);
  report.add("rss_anon_bytes", static_cast<double>(anonymous_bytes()));
  report.print(bench.json);
  return ok();
}

}  // namespace varve
