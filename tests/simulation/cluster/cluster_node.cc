#include "tests/simulation/cluster/cluster_node.h"

#include <fmt/format.h>

#include "tests/simulation/rotten_sector.h"

namespace varve {
namespace {

constexpr std::uint64_t kPendingBytesMax = 1u << 20;  // of few connections, each with its 64 KiB and one message above

}  // namespace

ClusterNode::ClusterNode(SimWorld& world, std::string name, NodeOptions options, FaultCounts& faults, PlannedFaults::Trace trace)
    : world_(world),
      name_(std::move(name)),
      machine_(world.add_machine(name_)),
      options_(std::move(options)),
      faults_(machine_.disk(), faults, std::move(trace)) {
  options_.name = name_;
  options_.directory = kDirectory;
  options_.listen = address();
}

void ClusterNode::start() {
  start_error_.reset();
  starting_ = true;
  tasks_.add(do_start());
}

Task<void> ClusterNode::do_start() {
  auto started = co_await JournalNode::start(machine_.seams(), options_);
  starting_ = false;
  if (started)
    node_ = kj::mv(*started);
  else
    start_error_ = started.error();
}

void ClusterNode::clear_away() {
  tasks_.clear();
  starting_ = false;
  start_error_.reset();
  if (JournalCopy* there = copy()) {
    const CopyCounts& c = there->counts();
    counted_.cuts += c.cuts;
    counted_.frames_pulled += c.frames_pulled;
    counted_.pulls += c.pulls;
    counted_.mends += c.mends;
    counted_.restarts += c.restarts;
    counted_.reopens += c.reopens;
    counted_.settled += c.settled;
    counted_.refused_old_epoch += c.refused_old_epoch;
  }
  node_ = nullptr;
}

void ClusterNode::kill() {
  clear_away();
  machine_.kill_connections();
}

void ClusterNode::lose_power() {
  machine_.power_off();
  clear_away();
}

void ClusterNode::power_on(Random& random) {
  clear_away();
  machine_.power_on(random);
}

bool ClusterNode::has_journal() {
  // Only a copy that is open has its directory for sure.
  return copy() != nullptr;
}

std::vector<std::string> ClusterNode::files() {
  return has_journal() ? files_in(machine_.disk(), fmt::format("{}/{}", kDirectory, kJournal)) : std::vector<std::string>();
}

bool ClusterNode::has_lost_slots() const {
  if (!runs()) return false;
  const auto unopened = node_->unopened().find(kJournal);
  return unopened != node_->unopened().end() && unopened->second.find("(directory.slots_lost)") != std::string::npos;
}

void ClusterNode::wipe() {
  for (const std::string& path : machine_.disk().list(fmt::format("{}/{}", kDirectory, kJournal)))
    machine_.disk().remove_file(fmt::format("{}/{}/{}", kDirectory, kJournal, path));
}

void ClusterNode::restore(const SimDiskState& state) {
  machine_.disk().restore(state);
}

void ClusterNode::check(ClusterHistory& history) {
  JournalCopy* held = copy();
  if (held == nullptr || held->failure()) return;
  held->check_invariants();
  const std::shared_ptr<LocalLog> log = held->log();
  check_shown(*log, history);
  history.begins(log->start().position.txid, name_);
  history.demand(9, held->pending_bytes() <= kPendingBytesMax,
                 [&] { return fmt::format("{}: {} bytes wait for its disk", name_, held->pending_bytes()); });
  history.committed(log->committed(), name_);
  for (const LogPosition& branch : log->branches()) history.stored(branch, name_);
}

// Only a writer of a newer epoch takes back what is durable; a copy that lost it says that it does not know its end.
void ClusterNode::check_shown(const LocalLog& log, ClusterHistory& history) {
  Shown& shown = shown_[log.disk_id()];
  const LogPosition end = log.end();
  history.demand(4, log.promised() >= shown.promised, [&] {
    return fmt::format("{}: promised epoch {}, which goes back behind {}", name_, log.promised().value, shown.promised.value);
  });
  const bool lower = end.epoch != shown.end.epoch ? end.epoch < shown.end.epoch : end.txid < shown.end.txid;
  const bool back = lower && log.tail_certain() && log.promised() <= shown.end.epoch && log.start().position.txid < shown.end.txid;
  history.demand(4, !back, [&] {
    return fmt::format("{}: it ends for certain at txid {} of epoch {}, and showed txid {} of epoch {} before", name_, end.txid.value,
                       end.epoch.value, shown.end.txid.value, shown.end.epoch.value);
  });
  shown.promised = log.promised();
  // What it lost for good is not asked for again.
  if (!lower || log.tail_certain()) shown.end = end;
}

void ClusterNode::collect(std::map<std::string, std::uint64_t>& counts) {
  clear_away();
  counts["divergent tails cut"] += counted_.cuts;
  counts["segment pulls"] += counted_.pulls;
  counts["frames pulled"] += counted_.frames_pulled;
  counts["repairs from a peer"] += counted_.mends;
  counts["starts from a later point"] += counted_.restarts;
  counts["failed logs opened again"] += counted_.reopens;
  counts["unknown tails settled"] += counted_.settled;
  counts["old epochs refused"] += counted_.refused_old_epoch;
}

}  // namespace varve
