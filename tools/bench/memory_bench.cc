#include "tools/bench/memory_bench.h"

#include <fmt/format.h>
#include <kj/io.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <functional>
#include <memory>
#include <thread>

#include "base/bytes.h"
#include "base/check.h"
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

// A process of its own, forked while this one is small and has no other threads, that measures something when it is asked to.
class Aside {
 public:
  // `measure` runs in the other process.
  static Result<Aside> start(const std::function<std::uint64_t()>& measure) {
    int go[2], told[2];
    if (::pipe(go) != 0 || ::pipe(told) != 0) return fail(os_error(errno, "making a pipe"));
    const pid_t child = ::fork();
    if (child < 0) return fail(os_error(errno, "starting a process"));
    if (child == 0) {
      ::close(go[1]);
      char byte = 0;
      if (::read(go[0], &byte, 1) != 1) ::_exit(1);
      const std::uint64_t bytes = measure();
      ::_exit(::write(told[1], &bytes, sizeof bytes) == sizeof bytes ? 0 : 1);
    }
    ::close(go[0]);
    ::close(told[1]);
    return Aside(child, kj::AutoCloseFd(go[1]), kj::AutoCloseFd(told[0]));
  }

  Result<std::uint64_t> measure() {
    std::uint64_t bytes = 0;
    const bool told = ::write(go_, "g", 1) == 1 && ::read(told_, &bytes, sizeof bytes) == sizeof bytes;
    int status = 0;
    ::waitpid(child_, &status, 0);
    if (!told) return fail(ErrorCode::kIo, fmt::format("measuring memory: the process ended with status {}", status));
    return bytes;
  }

 private:
  Aside(pid_t child, kj::AutoCloseFd go, kj::AutoCloseFd told) : child_(child), go_(kj::mv(go)), told_(kj::mv(told)) {}

  pid_t child_;
  kj::AutoCloseFd go_;
  kj::AutoCloseFd told_;
};

std::uint64_t bare_state_bytes(std::uint64_t transactions) {
  const std::uint64_t before = anonymous_bytes();
  RmState state;
  {
    RmWorkload workload(0);
    for (std::uint64_t n = 0; n < transactions; ++n) state.apply(TxId{n + 1}, workload.next());
  }
  return anonymous_bytes() - before;
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

std::uint64_t opening_bytes(const Options& options) {
  const std::uint64_t before = anonymous_bytes();
  RmState state;
  Peak peak;
  Result<std::unique_ptr<Engine>> engine = Engine::open(options, state);
  CHECK(engine, engine.error().text());
  const std::uint64_t bytes = peak.stop() - before;
  CHECK((*engine)->close());
  return bytes;
}

}  // namespace

Result<void> run_memory_bench(const MemoryBench& bench) {
  RmWorkload workload(0);
  const std::uint64_t transactions = workload.transactions_for(bench.applications);
  const Options options = bench_options(bench.directory);
  ASSIGN_OR_RETURN(Aside bare, Aside::start([&] { return bare_state_bytes(transactions); }));
  ASSIGN_OR_RETURN(Aside opener, Aside::start([&] { return opening_bytes(options); }));
  ASSIGN_OR_RETURN(const std::uint64_t state_bytes, bare.measure());

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
  ASSIGN_OR_RETURN(const std::uint64_t opening, opener.measure());

  const std::uint64_t copied = state.statistics().copied_bytes;
  const std::uint64_t bound = state_bytes + kAllowance + largest;
  BenchReport report;
  report.add("state_bytes", static_cast<double>(state_bytes));
  report.add("bound_bytes", static_cast<double>(bound));
  report.add("appending_bytes", static_cast<double>(appending));
  report.add("checkpointing_bytes", static_cast<double>(checkpointing));
  report.add("opening_bytes", static_cast<double>(opening));
  report.add("copied_bytes", static_cast<double>(copied));
  report.add("largest_transaction_bytes", static_cast<double>(largest));
  report.add("ratio", static_cast<double>(std::max({appending, checkpointing, opening})) / static_cast<double>(bound));
  report.print(bench.json);
  return ok();
}

}  // namespace varve
