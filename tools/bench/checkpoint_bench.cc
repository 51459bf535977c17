#include "tools/bench/checkpoint_bench.h"

#include <chrono>
#include <memory>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "rm/rm_state.h"
#include "tools/bench/bench_options.h"
#include "tools/bench/bench_report.h"
#include "tools/bench/closed_loop.h"
#include "tools/bench/filling.h"
#include "tools/bench/open_loop.h"
#include "tools/bench/rm_workload.h"

namespace varve {
namespace {

constexpr std::uint64_t kUpdates = 1u << 16;  // different ones in the load, spread over the whole state

// Transactions that change attempts all over the state, again and again.
class Updates {
 public:
  explicit Updates(std::uint64_t transactions) : stride_(std::max<std::uint64_t>(1, transactions / kUpdates / 8)) {}

  void offer(Bytes transaction, bool repeatable) {
    if (repeatable && seen_++ % stride_ == 0) updates_.emplace_back(as_text(transaction));
  }
  Bytes get(std::uint64_t n) const { return as_bytes(updates_[n * 40503 % updates_.size()]); }  // a stride without pattern

 private:
  std::uint64_t stride_;
  std::uint64_t seen_ = 0;
  std::vector<std::string> updates_;
};

// Takes one checkpoint after the other, until `seconds` have passed and one is complete.
Result<unsigned> checkpoint_for(Engine& engine, double seconds) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
  unsigned taken = 0;
  for (; taken == 0 || std::chrono::steady_clock::now() < end; ++taken) TRY(engine.checkpoint());
  return taken;
}

}  // namespace

Result<void> run_checkpoint_bench(const CheckpointBench& bench) {
  const Options options = bench_options(bench.directory);
  RmState state;
  ASSIGN_OR_RETURN(std::unique_ptr<Engine> engine, Engine::open(options, state));
  RmWorkload workload(0);
  const std::uint64_t transactions = workload.transactions_for(bench.applications);
  Updates updates(transactions);
  TRY(fill(*engine, transactions, [&](std::uint64_t) {
    const Bytes transaction = workload.next();
    updates.offer(transaction, workload.repeatable());
    return transaction;
  }));
  TRY(engine->checkpoint());
  wait_for_quiet_disk();
  const TransactionSource source = [&updates](std::uint64_t n) { return updates.get(n); };

  ClosedLoop flat_out(*engine, bench.inflight, source);
  flat_out.start();
  const LoadFigures maximum = measure(*engine, flat_out, 0.5, bench.seconds / 2);
  TRY(flat_out.finish());
  const double maximum_rate = maximum.operations / maximum.seconds;
  const double rate = bench.rate > 0 ? bench.rate : maximum_rate / 2;
  wait_for_quiet_disk();

  OpenLoop load(*engine, rate, source);
  load.start();
  const LoadFigures alone = measure(*engine, load, 0.5, bench.seconds);
  RmState::Statistics before;
  engine->inspect([&] { before = state.statistics(); });
  Result<unsigned> checkpoints = 0;
  std::uint64_t held_bytes = 0;
  const LoadFigures beside = measure_while(*engine, load, [&] { checkpoints = checkpoint_for(*engine, bench.seconds); });
  RmState::Statistics after;
  engine->inspect([&] { after = state.statistics(); });
  held_bytes = after.held_bytes;
  TRY(load.finish());
  if (!checkpoints) return fail(checkpoints.error());
  const Status status = engine->status();
  TRY(engine->close());

  BenchReport report;
  report.add("applications", static_cast<double>(after.applications));
  report.add("attempts", static_cast<double>(after.attempts));
  report.add("maximum_ops_per_s", maximum_rate);
  report.add_rates(beside.operations, beside.frame_bytes, beside.seconds);
  report.add_latencies(alone.latencies, "alone_");
  report.add_latencies(beside.latencies);
  report.add("cpu_s", beside.cpu_seconds);
  report.add("p99_ratio", beside.latencies.quantile_us(0.99) / alone.latencies.quantile_us(0.99));
  report.add("checkpoints", *checkpoints);
  report.add("image_bytes", static_cast<double>(status.checkpoint.last_bytes));
  report.add("checkpoint_s", static_cast<double>(status.checkpoint.last_duration.count()) / 1e3);
  report.add("copied_bytes_per_checkpoint", static_cast<double>(after.copied_bytes - before.copied_bytes) / *checkpoints);
  report.add("held_bytes", static_cast<double>(held_bytes));
  report.add("rss_anon_bytes", static_cast<double>(anonymous_bytes()));
  report.print(bench.json);
  return ok();
}

}  // namespace varve
