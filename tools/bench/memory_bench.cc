#include "tools/bench/memory_bench.h"

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <memory>
#include <thread>

#include "base/bytes.h"
#include "base/os_error.h"
#include "base/result.h"
#include "rm/rm_state.h"
#include "tools/bench/bench_options.h"
#include "tools/bench/bench_report.h"
#include "tools/bench/filling.h"
#include "tools/bench/load.h"
#include "tools/bench/rm_workload.h"

namespace varve {
namespace {

constexpr std::uint64_t kAllowance = 64ull << 20;

// Runs the same transactions into a state alone, in a process of its own, and gives how much memory it took.
Result<std::uint64_t> bare_state_bytes(std::uint64_t transactions) {
  int ends[2];
  if (::pipe(ends) != 0) return fail(os_error(errno, "making a pipe"));
  const pid_t child = ::fork();
  if (child < 0) return fail(os_error(errno, "starting a process"));
  if (child == 0) {
    const std::uint64_t before = anonymous_bytes();
    RmState state;
    {
      RmWorkload workload(0);
      for (std::uint64_t n = 0; n < transactions; ++n) state.apply(TxId{n + 1}, workload.next());
    }
    const std::uint64_t bytes = anonymous_bytes() - before;
    ::_exit(::write(ends[1], &bytes, sizeof bytes) == sizeof bytes ? 0 : 1);
  }
  ::close(ends[1]);
  std::uint64_t bytes = 0;
  const bool told = ::read(ends[0], &bytes, sizeof bytes) == sizeof bytes;
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  if (!told) return fail(ErrorCode::kIo, fmt::format("measuring the bare state: the process ended with status {}", status));
  return bytes;
}

// Watches this process's anonymous memory.
class Peak {
 public:
  Peak() : thread_([this] { watch(); }) {}
  ~Peak() { stop(); }
  std::uint64_t stop() {
    over_ = true;
    if (thread_.joinable()) thread_.join();
    return peak_;
  }

 private:
  void watch() {
    while (!over_) {
      peak_ = std::max(peak_, anonymous_bytes());
      sleep_for(0.01);
    }
  }

  std::atomic<bool> over_{false};
  std::uint64_t peak_ = 0;
  std::thread thread_;
};

}  // namespace

Result<void> run_memory_bench(const MemoryBench& bench) {
  RmWorkload workload(0);
  const std::uint64_t transactions = workload.transactions_for(bench.applications);
  ASSIGN_OR_RETURN(const std::uint64_t state_bytes, bare_state_bytes(transactions));

  const Options options = bench_options(bench.directory);
  RmState state;
  const std::uint64_t before = anonymous_bytes();
  Peak while_appending;
  ASSIGN_OR_RETURN(std::unique_ptr<Engine> engine, Engine::open(options, state));
  std::uint64_t largest = 0;
  std::string update;
  TRY(fill(*engine, transactions, [&](std::uint64_t) {
    const Bytes transaction = workload.next();
    if (workload.repeatable()) update = as_text(transaction);
    largest = std::max<std::uint64_t>(largest, transaction.size());
    return transaction;
  }));
  TRY(fill(*engine, bench.transactions, [&](std::uint64_t) { return as_bytes(update); }));
  const std::uint64_t appending = while_appending.stop() - before;

  Peak while_checkpointing;
  TRY(engine->checkpoint());
  const std::uint64_t checkpointing = while_checkpointing.stop() - before;
  TRY(engine->close());
  engine.reset();

  Peak while_opening;
  ASSIGN_OR_RETURN(engine, Engine::open(options, state));
  const std::uint64_t opening = while_opening.stop() - before;
  TRY(engine->close());

  const std::uint64_t bound = state_bytes + kAllowance + largest;
  BenchReport report;
  report.add("state_bytes", static_cast<double>(state_bytes));
  report.add("bound_bytes", static_cast<double>(bound));
  report.add("appending_bytes", static_cast<double>(appending));
  report.add("checkpointing_bytes", static_cast<double>(checkpointing));
  report.add("opening_bytes", static_cast<double>(opening));
  report.add("largest_transaction_bytes", static_cast<double>(largest));
  report.add("ratio", static_cast<double>(std::max({appending, checkpointing, opening})) / static_cast<double>(bound));
  report.print(bench.json);
  return ok();
}

}  // namespace varve
