#include "tools/bench/cluster_bench.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/filesystem.hpp>
#include <memory>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "tools/bench/bench_options.h"
#include "tools/bench/bench_report.h"
#include "tools/bench/closed_loop.h"
#include "tools/bench/counting_machine.h"
#include "tools/bench/follower.h"
#include "tools/bench/node_fault.h"
#include "tools/bench/node_level.h"
#include "tools/bench/open_loop.h"
#include "tools/cluster/local_cluster.h"

namespace varve {
namespace {

// Above what three nodes on one disk do: syncs, and bytes, in a second.
constexpr double kClusterSyncsPerSecond = 6e3;
constexpr double kClusterBytesPerSecond = 320e6;
constexpr double kLookSeconds = 0.02;

std::uint64_t segment_for(const ClusterBench& bench) {
  if (bench.segment_bytes != 0) return bench.segment_bytes;
  if (bench.catch_up_bytes != 0) return 64ull << 20;
  const double batch = static_cast<double>(bench.inflight) * static_cast<double>(bench.payload_bytes + 16) + 1024;
  const double seconds = bench.warmup_seconds + bench.seconds * (bench.fault == "none" ? 1 : 2);
  return std::clamp<std::uint64_t>(static_cast<std::uint64_t>(std::min(batch * kClusterSyncsPerSecond, kClusterBytesPerSecond) * seconds),
                                   64ull << 20, 2ull << 30);
}

class Run {
 public:
  Run(const ClusterBench& bench, LocalCluster cluster) : bench_(bench), cluster_(std::move(cluster)), payload_(bench.payload_bytes, 'v') {}

  Result<void> carry_out(Fault fault);

 private:
  Result<void> open();
  std::unique_ptr<Load> make_load();
  void report(const LoadFigures& figures, const std::vector<ProcessUsage>& before);
  Result<void> measure_fault(Fault fault, double healthy_rate);
  Result<void> measure_catching_up();
  double level_after(NodeLevel& node) const;
  Result<void> finish();

  const ClusterBench& bench_;
  LocalCluster cluster_;
  const std::string payload_;
  CommitTimes times_;
  CountingMachine machine_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<Load> load_;
  std::vector<std::unique_ptr<Follower>> followers_;
  BenchReport report_;
};

Result<void> Run::open() {
  Options options = bench_options(bench_.directory);
  options.journal = cluster_.url();
  options.image_directory = boost::filesystem::absolute(bench_.directory).string() + "/images";
  options.segment_bytes_max = segment_for(bench_);
  ASSIGN_OR_RETURN(engine_, Engine::open(options, machine_));
  ASSIGN_OR_RETURN(const JournalUrl url, parse_journal_url(cluster_.url()));
  for (unsigned i = 0; i < bench_.followers; ++i) followers_.push_back(std::make_unique<Follower>(url, times_));
  cluster_.wait_for_quiet_disks();
  load_ = make_load();
  return ok();
}

std::unique_ptr<Load> Run::make_load() {
  const TransactionSource source = [this](std::uint64_t) { return as_bytes(payload_); };
  CommitObserver observer;
  if (!followers_.empty()) observer = [this](TxId txid, CommitTimes::Steady::time_point at) { times_.note(txid, at); };
  if (bench_.rate > 0) return std::make_unique<OpenLoop>(*engine_, bench_.rate, source, observer);
  return std::make_unique<ClosedLoop>(*engine_, bench_.inflight, source, observer);
}

void Run::report(const LoadFigures& figures, const std::vector<ProcessUsage>& before) {
  report_.add_rates(figures.operations, figures.operations * static_cast<double>(bench_.payload_bytes), figures.seconds);
  report_.add_latencies(figures.latencies);
  report_.add("longest_pause_us", static_cast<double>(figures.longest_pause.count()) / 1e3);
  report_.add("batch", figures.operations / figures.frames);
  report_.add("frame_bytes", figures.frame_bytes / figures.frames);
  report_.add("cpu_s", figures.cpu_seconds);
  report_.add("rss_bytes", static_cast<double>(usage_of(::getpid()).resident_bytes));
  const std::vector<ProcessUsage> after = cluster_.usage();
  for (std::size_t i = 0; i < after.size(); ++i) {
    report_.add(fmt::format("node{}_cpu_s", i + 1), after[i].cpu_seconds - before[i].cpu_seconds);
    report_.add(fmt::format("node{}_rss_bytes", i + 1), static_cast<double>(after[i].resident_bytes));
    report_.add(fmt::format("node{}_written_bytes", i + 1), static_cast<double>(after[i].written_bytes - before[i].written_bytes));
  }
}

Result<void> Run::measure_fault(Fault fault, double healthy_rate) {
  if (fault == Fault::kNone) return ok();
  std::optional<Error> error;
  const LoadFigures figures = measure_while(*engine_, *load_, [&] {
    auto begun = NodeFault::begin(fault, cluster_.node(cluster_.size()));
    sleep_for(bench_.seconds);
    if (!begun) error = begun.error();
  });
  if (error) return fail(*error);
  report_.add("fault_ops_per_s", figures.operations / figures.seconds);
  report_.add("fault_ratio", figures.operations / figures.seconds / healthy_rate);
  report_.add_latencies(figures.latencies, "fault_");
  report_.add("fault_longest_pause_us", static_cast<double>(figures.longest_pause.count()) / 1e3);
  return ok();
}

// Seconds until the node holds all that was committed when it was asked the time before.
double Run::level_after(NodeLevel& node) const {
  const auto began = CommitTimes::Steady::now();
  const auto seconds = [&] { return std::chrono::duration<double>(CommitTimes::Steady::now() - began).count(); };
  TxId before = engine_->status().committed;
  while (true) {
    const auto end = node.ask();
    if (end && *end >= before) return seconds();
    before = engine_->status().committed;
    sleep_for(kLookSeconds);
  }
}

Result<void> Run::measure_catching_up() {
  if (bench_.catch_up_bytes == 0) return ok();
  NodeProcess& node = cluster_.node(cluster_.size());
  NodeLevel level(node.address(), LocalCluster::kJournal);
  node.kill();
  const std::uint64_t missed = engine_->status().frame_bytes;
  while (engine_->status().frame_bytes - missed < bench_.catch_up_bytes) sleep_for(kLookSeconds);
  TRY(node.start_again());
  double seconds = 0;
  const std::uint64_t began = engine_->status().frame_bytes;
  const LoadFigures figures = measure_while(*engine_, *load_, [&] { seconds = level_after(level); });
  const std::uint64_t written_meanwhile = engine_->status().frame_bytes - began;
  report_.add("catch_up_s", seconds);
  report_.add("catch_up_bytes_per_s", static_cast<double>(bench_.catch_up_bytes + written_meanwhile) / seconds);
  report_.add("catch_up_ops_per_s", figures.operations / figures.seconds);
  report_.add("catch_up_longest_pause_us", static_cast<double>(figures.longest_pause.count()) / 1e3);
  return ok();
}

Result<void> Run::finish() {
  LatencyHistogram seen;
  for (auto& follower : followers_) {
    ASSIGN_OR_RETURN(const LatencyHistogram latencies, follower->finish());
    seen.add(latencies);
  }
  if (!followers_.empty()) report_.add_latencies(seen, "follower_");
  TRY(load_->finish());
  TRY(engine_->close());
  return cluster_.stop();
}

Result<void> Run::carry_out(Fault fault) {
  TRY(open());
  load_->start();
  sleep_for(bench_.warmup_seconds);
  for (auto& follower : followers_) follower->begin_measuring();
  const std::vector<ProcessUsage> before = cluster_.usage();
  const LoadFigures figures = measure_while(*engine_, *load_, [this] { sleep_for(bench_.seconds); });
  report(figures, before);
  TRY(measure_fault(fault, figures.operations / figures.seconds));
  TRY(measure_catching_up());
  TRY(finish());
  report_.print(bench_.json);
  return ok();
}

}  // namespace

Result<void> run_cluster_bench(const ClusterBench& bench) {
  ASSIGN_OR_RETURN(const Fault fault, NodeFault::parse(bench.fault));
  const std::string directory = boost::filesystem::absolute(bench.directory).string();
  boost::system::error_code error;
  if (boost::filesystem::exists(directory, error))
    return fail(ErrorCode::kExists, fmt::format("{} is there already; name a new directory", directory));
  boost::filesystem::create_directory(directory, error);
  if (error) return fail(ErrorCode::kIo, fmt::format("making the directory {}: {}", directory, error.message()));
  ASSIGN_OR_RETURN(LocalCluster cluster, LocalCluster::start(directory, bench.nodes, segment_for(bench)));
  const auto run = std::make_unique<Run>(bench, std::move(cluster));
  return run->carry_out(fault);
}

}  // namespace varve
