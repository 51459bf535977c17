#include "tools/cluster/local_cluster.h"

#include <fmt/format.h>
#include <unistd.h>

#include "base/real/real_seams.h"
#include "base/result.h"
#include "journal/quorum_format.h"

namespace varve {
namespace {

constexpr useconds_t kQuietTime_us = 300'000;

}  // namespace

Result<LocalCluster> LocalCluster::start(const std::string& directory, unsigned nodes, std::uint64_t segment_bytes) {
  LocalCluster cluster;
  for (unsigned number = 1; number <= nodes; ++number) {
    NodeProcessOptions options;
    options.directory = fmt::format("{}/node{}", directory, number);
    options.log = options.directory + ".log";
    options.segment_bytes = segment_bytes;
    ASSIGN_OR_RETURN(NodeProcess process, NodeProcess::start(std::move(options)));
    cluster.nodes_.push_back(std::move(process));
  }
  TRY(cluster.format());
  return cluster;
}

std::string LocalCluster::url() const {
  std::string url = "quorum://";
  for (const NodeProcess& node : nodes_) url += (&node == nodes_.data() ? "" : ",") + node.address();
  return url + "/" + kJournal;
}

Result<void> LocalCluster::format() const {
  ASSIGN_OR_RETURN(JournalUrl url, parse_journal_url(this->url()));
  RealSeams real(RealSeamsOptions{.worker_threads = 1, .log = {}});
  auto formatted = real.mailbox().run_until(
      kj::Promise<Result<Configuration>>(format_quorum(real.seams(), std::move(url), {}, std::chrono::seconds(10))));
  if (!formatted) return fail(formatted.error().within("formatting the journal"));
  return ok();
}

std::vector<ProcessUsage> LocalCluster::usage() const {
  std::vector<ProcessUsage> usage;
  for (const NodeProcess& node : nodes_) usage.push_back(node.running() ? usage_of(node.pid()) : ProcessUsage{});
  return usage;
}

void LocalCluster::wait_for_quiet_disks() const {
  const auto written = [this] {
    std::uint64_t bytes = 0;
    for (const ProcessUsage& used : usage()) bytes += used.written_bytes;
    return bytes;
  };
  std::uint64_t before = UINT64_MAX;
  for (std::uint64_t now = written(); now != before; now = written()) {
    before = now;
    ::usleep(kQuietTime_us);
  }
}

Result<void> LocalCluster::stop() {
  for (NodeProcess& node : nodes_) TRY(node.stop());
  return ok();
}

}  // namespace varve
