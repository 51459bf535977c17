#include "tools/bench/append_bench.h"

#include <algorithm>
#include <memory>

#include "base/bytes.h"
#include "base/result.h"
#include "tools/bench/bench_options.h"
#include "tools/bench/bench_report.h"
#include "tools/bench/closed_loop.h"
#include "tools/bench/counting_machine.h"
#include "tools/bench/open_loop.h"
#include "tools/bench/submitting_threads.h"

namespace varve {
namespace {

// Above what any disk that this was tried on does: syncs, and bytes, in a second.
constexpr double kSyncsPerSecond = 12e3;
constexpr double kBytesPerSecond = 2e9;

// Room for all that the run can write.
std::uint64_t segment_for(const AppendBench& bench) {
  if (bench.segment_bytes != 0) return bench.segment_bytes;
  const double batch = static_cast<double>(bench.inflight) * static_cast<double>(bench.payload_bytes + 16) + 1024;
  const double bytes = std::min(batch * kSyncsPerSecond, kBytesPerSecond) * (bench.seconds + bench.warmup_seconds);
  return std::clamp<std::uint64_t>(static_cast<std::uint64_t>(bytes), 64ull << 20, 16ull << 30);
}

std::unique_ptr<Load> make_load(const AppendBench& bench, Engine& engine, Bytes payload) {
  const TransactionSource source = [payload](std::uint64_t) { return payload; };
  if (bench.rate > 0) return std::make_unique<OpenLoop>(engine, bench.rate, source);
  if (bench.threads > 0) return std::make_unique<SubmittingThreads>(engine, bench.inflight, bench.threads, payload);
  return std::make_unique<ClosedLoop>(engine, bench.inflight, source);
}

}  // namespace

Result<void> run_append_bench(const AppendBench& bench) {
  Options options = bench_options(bench.directory);
  options.segment_bytes_max = segment_for(bench);
  options.direct_io = bench.direct_io;
  CountingMachine machine;
  ASSIGN_OR_RETURN(std::unique_ptr<Engine> engine, Engine::open(options, machine));
  wait_for_quiet_disk();

  const std::string payload(bench.payload_bytes, 'v');
  const std::unique_ptr<Load> load = make_load(bench, *engine, as_bytes(payload));
  load->start();
  const LoadFigures figures = measure(*engine, *load, bench.warmup_seconds, bench.seconds);
  TRY(load->finish());
  TRY(engine->close());

  BenchReport report;
  report.add_rates(figures.operations, figures.operations * static_cast<double>(bench.payload_bytes), figures.seconds);
  report.add_latencies(figures.latencies);
  report.add("cpu_s", figures.cpu_seconds);
  report.add("batch", figures.operations / figures.frames);
  report.add("frame_bytes", figures.frame_bytes / figures.frames);
  report.add("rss_anon_bytes", static_cast<double>(anonymous_bytes()));
  report.print(bench.json);
  return ok();
}

}  // namespace varve
