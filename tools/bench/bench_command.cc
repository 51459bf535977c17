// `varve bench log append|replay`, `varve bench image save|load`, `varve bench checkpoint`, `varve bench cluster`, `varve bench memory`.
#include "tools/bench/bench_command.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "tools/bench/append_bench.h"
#include "tools/bench/checkpoint_bench.h"
#include "tools/bench/cluster_bench.h"
#include "tools/bench/image_bench.h"
#include "tools/bench/memory_bench.h"
#include "tools/bench/replay_bench.h"
#include "tools/view_options.h"

namespace varve {
namespace {

// Declares the command `name` that runs `run` on a Bench; what they all have in common is declared here.
template <typename Bench>
std::pair<CLI::App*, std::shared_ptr<Bench>> add(CLI::App& group, const std::string& name, const std::string& description,
                                                 Result<void> (*run)(const Bench&), Command& chosen) {
  CLI::App* command = group.add_subcommand(name, description);
  auto bench = std::make_shared<Bench>();
  command->add_option("--dir", bench->directory, "Directory to work in; created when its parent exists")->required();
  command->add_flag("--json", bench->json, "One JSON object on the last line");
  command->callback([bench, run, &chosen] {
    chosen = [bench, run] {
      const Result<void> done = run(*bench);
      if (!done) fmt::print(stderr, "varve bench: {}\n", done.error().text());
      return done ? kExitFine : kExitFailed;
    };
  });
  return {command, bench};
}

void add_log(CLI::App& group, Command& chosen) {
  CLI::App* log = group.add_subcommand("log", "The edit log");
  log->require_subcommand(1);
  {
    auto [command, bench] =
        add<AppendBench>(*log, "append", "Append transactions, each durable before it counts", run_append_bench, chosen);
    command->add_option("--payload", bench->payload_bytes, "Bytes of a transaction")->capture_default_str();
    command->add_option("--inflight", bench->inflight, "Transactions under way")->check(CLI::PositiveNumber)->capture_default_str();
    command->add_option("--seconds", bench->seconds, "How long to measure")->check(CLI::PositiveNumber)->capture_default_str();
    command->add_option("--warmup", bench->warmup_seconds, "Seconds before that")->check(CLI::NonNegativeNumber)->capture_default_str();
    command->add_option("--threads", bench->threads, "Threads that submit; 0: the engine's own")->capture_default_str();
    command->add_option("--rate", bench->rate, "Open loop: transactions per second; 0: closed loop")->capture_default_str();
    command->add_option("--segment-bytes", bench->segment_bytes, "Size of a segment; 0: room for the whole run")->capture_default_str();
    command->add_flag("!--buffered", bench->direct_io, "Write through the page cache");
  }
  auto [command, bench] = add<ReplayBench>(*log, "replay", "Open a log that lies in the page cache", run_replay_bench, chosen);
  command->add_option("--transactions", bench->transactions, "Written first, when there is no log")->capture_default_str();
  command->add_option("--payload", bench->payload_bytes, "Bytes of each")->capture_default_str();
  command->add_flag("--rm", bench->rm, "Transactions of a resource manager, applied to its state");
}

void add_image(CLI::App& group, Command& chosen) {
  CLI::App* image = group.add_subcommand("image", "Images of a resource manager's state");
  image->require_subcommand(1);
  const auto options = [](CLI::App* command, const std::shared_ptr<ImageBench>& bench) {
    command->add_option("--applications", bench->applications, "Applications in the state")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    command->add_option("--threads", bench->threads, "Worker threads; 0: one for each core")->capture_default_str();
  };
  auto [save, save_bench] = add<ImageBench>(*image, "save", "Save an image to a synced file", run_image_save_bench, chosen);
  options(save, save_bench);
  auto [load, load_bench] = add<ImageBench>(*image, "load", "Load an image from the page cache", run_image_load_bench, chosen);
  options(load, load_bench);
}

void add_cluster(CLI::App& group, Command& chosen) {
  auto [command, bench] = add<ClusterBench>(group, "cluster", "Append to a quorum of real daemons on loopback", run_cluster_bench, chosen);
  command->add_option("--nodes", bench->nodes, "Journal nodes")->check(CLI::Range(1, 9))->capture_default_str();
  command->add_option("--payload", bench->payload_bytes, "Bytes of a transaction")->capture_default_str();
  command->add_option("--inflight", bench->inflight, "Transactions under way")->check(CLI::PositiveNumber)->capture_default_str();
  command->add_option("--seconds", bench->seconds, "How long to measure")->check(CLI::PositiveNumber)->capture_default_str();
  command->add_option("--warmup", bench->warmup_seconds, "Seconds before that")->check(CLI::NonNegativeNumber)->capture_default_str();
  command->add_option("--rate", bench->rate, "Open loop: transactions per second; 0: closed loop")->capture_default_str();
  command
      ->add_option("--fault", bench->fault,
                   "Then measure as long again with the last node killed, stopped, or with its syncs 100 ms slower (strace)")
      ->check(CLI::IsMember({"none", "kill", "stop", "slow"}))
      ->capture_default_str();
  command->add_option("--followers", bench->followers, "Readers that follow; when they see what is committed")->capture_default_str();
  command->add_option("--catch-up", bench->catch_up_bytes, "Then kill the last node, write so many bytes, start it, wait until it is level")
      ->capture_default_str();
  command->add_option("--segment-bytes", bench->segment_bytes, "Size of a segment; 0: room for the whole run")->capture_default_str();
}

}  // namespace

void add_bench_commands(CLI::App& app, Command& chosen) {
  CLI::App* group = app.add_subcommand("bench", "Measure, beside what the machine itself can do");
  group->require_subcommand(1);
  add_log(*group, chosen);
  add_image(*group, chosen);
  add_cluster(*group, chosen);
  {
    auto [command, bench] =
        add<CheckpointBench>(*group, "checkpoint", "Appends with and without a checkpoint beside them", run_checkpoint_bench, chosen);
    command->add_option("--applications", bench->applications, "Applications in the state")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    command->add_option("--inflight", bench->inflight, "Under way while the maximum rate is found")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    command->add_option("--rate", bench->rate, "Transactions per second; 0: half of the maximum")->capture_default_str();
    command->add_option("--seconds", bench->seconds, "How long to measure each")->check(CLI::PositiveNumber)->capture_default_str();
  }
  auto [command, bench] = add<MemoryBench>(*group, "memory", "Anonymous memory beside that of the bare state", run_memory_bench, chosen);
  command->add_option("--applications", bench->applications, "Applications in the state")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_option("--transactions", bench->transactions, "More in the log, behind those that make the state")->capture_default_str();
}

}  // namespace varve
