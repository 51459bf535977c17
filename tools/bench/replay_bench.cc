#include "tools/bench/replay_bench.h"

#include <boost/filesystem.hpp>
#include <chrono>
#include <memory>

#include "base/bytes.h"
#include "base/result.h"
#include "rm/rm_state.h"
#include "tools/bench/bench_options.h"
#include "tools/bench/bench_report.h"
#include "tools/bench/counting_machine.h"
#include "tools/bench/filling.h"
#include "tools/bench/machine_limits.h"
#include "tools/bench/rm_workload.h"

namespace varve {
namespace {

std::unique_ptr<StateMachine> make_machine(const ReplayBench& bench) {
  if (bench.rm) return std::make_unique<RmState>();
  return std::make_unique<CountingMachine>();
}

Result<void> write_log(const ReplayBench& bench, const Options& options) {
  const std::unique_ptr<StateMachine> machine = make_machine(bench);
  ASSIGN_OR_RETURN(std::unique_ptr<Engine> engine, Engine::open(options, *machine));
  if (bench.rm) {
    RmWorkload workload(1000);
    TRY(fill(*engine, bench.transactions, [&workload](std::uint64_t) { return workload.next(); }));
  } else {
    const std::string payload(bench.payload_bytes, 'v');
    TRY(fill(*engine, bench.transactions, [&payload](std::uint64_t) { return as_bytes(payload); }));
  }
  return engine->close();
}

}  // namespace

Result<void> run_replay_bench(const ReplayBench& bench) {
  const Options options = bench_options(bench.directory);
  const std::string journal = journal_directory(options);
  if (!boost::filesystem::exists(journal)) TRY(write_log(bench, options));

  ASSIGN_OR_RETURN(const std::vector<std::string> segments, files_of(journal, "edits_"));
  TRY(read_and_digest(segments));  // into the page cache
  ASSIGN_OR_RETURN(const Rate limit, read_and_digest(segments));

  const std::unique_ptr<StateMachine> machine = make_machine(bench);
  const double cpu0 = process_cpu_seconds();
  const auto began = std::chrono::steady_clock::now();
  ASSIGN_OR_RETURN(std::unique_ptr<Engine> engine, Engine::open(options, *machine));
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  const double cpu = process_cpu_seconds() - cpu0;
  const Status status = engine->status();
  TRY(engine->close());

  BenchReport report;
  report.add_rates(static_cast<double>(status.recovery.replayed), limit.bytes, seconds);
  report.add_latency_of_run(seconds);
  report.add("transactions", static_cast<double>(status.recovery.replayed));
  report.add("cpu_s", cpu);
  report.add("limit_bytes_per_s", limit.per_second());
  report.add("ratio", limit.bytes / seconds / limit.per_second());
  report.add("rss_anon_bytes", static_cast<double>(anonymous_bytes()));
  report.print(bench.json);
  return ok();
}

}  // namespace varve
