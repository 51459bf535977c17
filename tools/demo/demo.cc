#include "tools/demo/demo.h"

#include <fmt/format.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <boost/filesystem.hpp>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <optional>
#include <random>
#include <thread>
#include <vector>

#include "base/result.h"
#include "tools/demo/dying_nodes.h"
#include "tools/demo/judge.h"
#include "tools/demo/life.h"
#include "tools/demo/life_process.h"
#include "tools/demo/shared_counters.h"

namespace varve {
namespace {

using Steady = std::chrono::steady_clock;

double seconds_since(Steady::time_point began) {
  return std::chrono::duration<double>(Steady::now() - began).count();
}

Result<std::string> make_directory(const std::string& keep) {
  boost::system::error_code error;
  if (keep.empty()) {
    std::string path = (boost::filesystem::temp_directory_path(error) / "varve-demo-XXXXXX").string();
    if (::mkdtemp(path.data()) == nullptr)
      return fail(ErrorCode::kIo, fmt::format("making a temporary directory {}: {}", path, std::strerror(errno)));
    return path;
  }
  const std::string path = boost::filesystem::absolute(keep).lexically_normal().string();
  boost::filesystem::create_directories(path, error);
  if (error) return fail(ErrorCode::kIo, fmt::format("making the directory {}: {}", path, error.message()));
  if (!boost::filesystem::is_empty(path, error) || error)
    return fail(ErrorCode::kExists, fmt::format("the directory {} is not empty; name a new one with --keep", path));
  return path;
}

class Demo {
 public:
  // `nodes`: those of a quorum; none: the journal is embedded.
  Demo(const DemoOptions& options, std::string directory, SharedCounters counters, Judge judge, std::optional<DyingNodes> nodes)
      : options_(options),
        directory_(std::move(directory)),
        counters_(std::move(counters)),
        judge_(std::move(judge)),
        nodes_(std::move(nodes)),
        random_(options.seed) {}

  Result<bool> run();

 private:
  DemoLifeOptions life_options() const {
    const std::string journal = nodes_ ? nodes_->url() : "file://" + directory_ + "/journal";
    return {directory_, directory_ + "/counters", journal, options_.trace, options_.transactions, options_.window, options_.seed};
  }
  std::uint64_t stretch() const { return options_.transactions / (options_.kills + 1); }
  std::uint64_t kill_point(std::uint64_t kill);
  Result<LifeReport> begin_life(LifeProcess& process);
  bool judge(const LifeReport& report);
  Result<void> live_and_die(LifeProcess& process, std::uint64_t kill);
  Result<void> live_to_the_end(LifeProcess& process);
  void print_summary() const;

  const DemoOptions options_;
  const std::string directory_;
  SharedCounters counters_;
  Judge judge_;
  std::optional<DyingNodes> nodes_;
  std::mt19937_64 random_;
  std::uint64_t lost_ = 0;
  std::uint64_t wrong_ = 0;
  std::uint64_t kills_ = 0;
  double working_seconds_ = 0;  // between "go" and the kill or the end
  std::vector<double> recoveries_ms_;
};

// Somewhere in the kill's own stretch of the sequence.
std::uint64_t Demo::kill_point(std::uint64_t kill) {
  return kill * stretch() + stretch() / 4 + random_() % std::max<std::uint64_t>(stretch() / 2, 1);
}

Result<LifeReport> Demo::begin_life(LifeProcess& process) {
  const auto line = process.read_line();
  const auto report = line ? parse_life_report(*line) : std::nullopt;
  if (!report) return fail(ErrorCode::kRefused, fmt::format("the resource manager did not start (exit status {})", process.wait()));
  return *report;
}

bool Demo::judge(const LifeReport& report) {
  const std::uint64_t acknowledged = counters_->acknowledged;
  const std::uint64_t submitted = counters_->submitted;
  const Verdict verdict = judge_.judge(report.hash, acknowledged, submitted);
  lost_ += verdict.lost;
  wrong_ += verdict.wrong;
  if (submitted != 0)
    fmt::print("  recovered in {:.0f} ms: {} applications, {} attempts (image of txid {} + {} transactions of log): {}\n",
               static_cast<double>(report.recovery_us) / 1e3, report.applications, report.attempts, report.image_txid, report.replayed,
               verdict.wrong       ? "WRONG STATE"
               : verdict.lost != 0 ? fmt::format("LOST {} ACKNOWLEDGED TRANSACTIONS", verdict.lost)
                                   : fmt::format("state is right, {} of {} in flight had become durable", verdict.position - acknowledged,
                                                 submitted - acknowledged));
  std::fflush(stdout);
  return !verdict.wrong && verdict.lost == 0;
}

Result<void> Demo::live_and_die(LifeProcess& process, std::uint64_t kill) {
  const std::uint64_t target = std::max(kill_point(kill), judge_.position() + 1);
  if (nodes_) TRY(nodes_->plan(judge_.position(), target, stretch()));
  process.write_line(fmt::format("go {}", judge_.position()));
  const auto began = Steady::now();
  // Dies at its point in the sequence, and only while something is in flight.
  while (process.running() && (counters_->acknowledged < target || counters_->submitted == counters_->acknowledged)) {
    ::usleep(200);
    if (nodes_) TRY(nodes_->step(counters_->acknowledged));
  }
  if (!process.running())
    return fail(ErrorCode::kRefused, fmt::format("the resource manager ended by itself (exit status {})", process.wait()));
  process.kill_and_wait();
  working_seconds_ += seconds_since(began);
  ++kills_;
  fmt::print("kill -9 {}number {:2}: {:9} transactions acknowledged, {} in flight\n", nodes_ ? "of the resource manager, " : "", kills_,
             counters_->acknowledged.load(), counters_->submitted - counters_->acknowledged);
  std::fflush(stdout);
  return ok();
}

Result<void> Demo::live_to_the_end(LifeProcess& process) {
  if (nodes_) TRY(nodes_->revive());
  process.write_line(fmt::format("go {}", judge_.position()));
  const auto began = Steady::now();
  const auto line = process.read_line();
  working_seconds_ += seconds_since(began);
  if (!line || *line != "finished" || process.wait() != 0)
    return fail(ErrorCode::kRefused, fmt::format("the resource manager did not finish (exit status {})", process.wait()));
  fmt::print("finished: {} transactions acknowledged, closed, started once more\n", counters_->acknowledged.load());
  return ok();
}

Result<bool> Demo::run() {
  const auto began = Steady::now();
  for (std::uint64_t life = 0;; ++life) {
    ASSIGN_OR_RETURN(LifeProcess process, LifeProcess::start(life_options()));
    ASSIGN_OR_RETURN(const LifeReport report, begin_life(process));
    if (life > 0) recoveries_ms_.push_back(static_cast<double>(report.recovery_us) / 1e3);
    if (!judge(report)) break;
    if (life > options_.kills) break;  // the look after the clean end
    if (life < options_.kills)
      TRY(live_and_die(process, life));
    else
      TRY(live_to_the_end(process));
  }
  fmt::print("\n{} transactions in {:.1f} s, {:.0f} per second while it ran; killed {} times{}\n", judge_.position(), seconds_since(began),
             static_cast<double>(judge_.position()) / working_seconds_, kills_,
             nodes_ ? fmt::format(", and journal nodes {} times", nodes_->kills()) : "");
  if (nodes_) TRY(nodes_->stop());
  print_summary();
  return lost_ == 0 && wrong_ == 0 && judge_.position() == options_.transactions;
}

void Demo::print_summary() const {
  std::vector<double> sorted = recoveries_ms_;
  std::sort(sorted.begin(), sorted.end());
  if (!sorted.empty())
    fmt::print("recovery: fastest {:.0f} ms, median {:.0f} ms, slowest {:.0f} ms\n", sorted.front(), sorted[sorted.size() / 2],
               sorted.back());
  std::uint64_t images = 0, segments = 0, image_bytes = 0, segment_bytes = 0;
  boost::system::error_code error;
  for (const auto& entry : boost::filesystem::recursive_directory_iterator(directory_, error)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("fsimage_")) ++images, image_bytes += boost::filesystem::file_size(entry.path(), error);
    if (name.starts_with("edits_") && !name.ends_with(".tmp"))
      ++segments, segment_bytes += boost::filesystem::file_size(entry.path(), error);
  }
  fmt::print("on disk: {} images ({:.1f} MiB), {} segments of log ({:.1f} MiB)\n", images, static_cast<double>(image_bytes) / (1 << 20),
             segments, static_cast<double>(segment_bytes) / (1 << 20));
  fmt::print("\nlost {}, wrong {}\n\n", lost_, wrong_);
  fmt::print("Look at what it left:\n  varve log cat {}/{} | tail\n  varve image stat {}/images\nand remove it:\n  rm -r {}\n", directory_,
             nodes_ ? "node1/rm" : "journal", directory_, directory_);
}

}  // namespace

Result<bool> run_demo(const DemoOptions& options) {
  ASSIGN_OR_RETURN(Sequence sequence, Sequence::open(options.trace, options.transactions, options.seed));
  ASSIGN_OR_RETURN(std::string directory, make_directory(options.keep));
  ASSIGN_OR_RETURN(SharedCounters counters, SharedCounters::create(directory + "/counters"));
  std::optional<DyingNodes> nodes;
  if (options.journal == "quorum") {
    ASSIGN_OR_RETURN(DyingNodes started, DyingNodes::start(directory, options.seed));
    nodes.emplace(std::move(started));
  }
  fmt::print(
      "Varve demo: a resource manager replays the life of a cluster ({}) on {} in\n{}\n"
      "and is killed with SIGKILL {} times, always with transactions in flight. Each time it starts again,\n"
      "and its state is compared with what it had acknowledged, which is kept outside of it.\n\n",
      options.trace.empty() ? "built-in generator" : options.trace, nodes ? "a quorum of three journal nodes" : "an embedded journal",
      directory, options.kills);
  if (nodes) fmt::print("In between the journal nodes are killed as often, one at a time, and started again.\n\n");
  std::fflush(stdout);
  return Demo(options, std::move(directory), std::move(counters), Judge(std::move(sequence)), std::move(nodes)).run();
}

}  // namespace varve
