#include "tests/simulation/cluster/cluster_life.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/digest.h"
#include "editlog/control.h"
#include "journal/commit_rule.h"
#include "journal/quorum_format.h"

namespace varve {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

// Those that PlannedFaults draws.
constexpr FaultKind kPlannedFaults[] = {FaultKind::kStuckDisk, FaultKind::kReadError, FaultKind::kWriteError, FaultKind::kShortWrite,
                                        FaultKind::kSyncError, FaultKind::kNameError, FaultKind::kNoSpaceOnce};

SimLatency random_latency(SimRandom& random) {
  SimLatency latency;
  latency.read = microseconds(random.below(200));
  latency.write = microseconds(random.below(200));
  latency.sync = microseconds(50 + random.below(2000));
  latency.names = microseconds(random.below(500));
  latency.jitter_percent = 100;
  return latency;
}

NodeOptions random_node_options(SimRandom& random) {
  NodeOptions options;
  options.version = "simulated";
  options.log.segment_bytes = (32u << 10) << random.below(3);
  options.log.disk_reserve_bytes = random.percent(50) ? 0 : 64u << 10;
  options.log.mark_delay = milliseconds(100 + random.below(2000));
  options.session.pending_bytes_max = 64u << 10;
  options.session.patience = seconds(2);
  options.repair.retry = milliseconds(500);
  options.repair.patience = seconds(2);
  options.repair.scrub_interval = seconds(2 + random.below(10));
  options.repair.scrub_bytes_per_second = 1u << 20;
  return options;
}

QuorumOptions random_quorum_options(SimRandom& random) {
  QuorumOptions options;
  options.writer.segment_bytes = (16u << 10) << random.below(3);
  options.writer.retained_bytes = random.percent(50) ? 4u << 10 : 256u << 10;
  options.writer.replication.window_bytes = (8u << 10) << random.below(5);
  options.writer.replication.message_bytes = (4u << 10) << random.below(4);
  options.writer.replication.patience = seconds(1);
  options.writer.replication.silence_max = seconds(3);
  options.writer.commit_patience = seconds(8);
  options.candidacy.patience = seconds(5);
  options.candidacy.node_patience = seconds(1);
  options.open_patience = seconds(3);
  options.read_patience = seconds(2);
  return options;
}

}  // namespace

ClusterLife::ClusterLife(SimWorld& world, SimRandom& random, const ClusterOptions& options, ClusterReport& report)
    : world_(world),
      random_(random),
      options_(options),
      report_(report),
      voters_at_first_(random.percent(60) ? 3 : 4 + static_cast<unsigned>(random.below(2))),
      quorum_options_(random_quorum_options(random)) {
  for (unsigned i = 1; i <= kNodes; ++i)
    nodes_.push_back(std::make_unique<ClusterNode>(world_, fmt::format("n{}", i), random_node_options(random_), report_.disk_faults,
                                                   [this, i](std::string_view line) { trace(fmt::format("n{}{}", i, line)); }));
  for (const auto& node : nodes_) {
    node->machine().disk().set_latency(random_latency(random_));
    node->machine().disk().set_sync_is_noop(options_.sync_is_noop);
  }
  for (unsigned i = 1; i <= kRms; ++i) {
    world_.add_machine(fmt::format("rm{}", i));
    Rm rm;
    rm.name = fmt::format("rm{}", i);
    rms_.push_back(kj::mv(rm));
  }
  SimLink link;
  link.delay = {microseconds(20), microseconds(100 + random_.below(3000))};
  link.split_percent = static_cast<unsigned>(random_.below(3) * 20);
  world_.network().set_link(link);
}

ClusterLife::~ClusterLife() noexcept {
  for (Rm& rm : rms_) rm.process = nullptr;
  for (const auto& node : nodes_) node->clear_away();
}

void ClusterLife::trace(const std::string& line) {
  world_.trace().add(line, 0, 0);
  if (options_.trace) options_.trace(fmt::format("{:>12} {}", world_.clock().now().count() / 1000, line));
}

std::vector<std::string> ClusterLife::hosts() const {
  std::vector<std::string> hosts;
  for (unsigned i = 0; i < voters_at_first_; ++i) hosts.push_back(nodes_[i]->address());
  return hosts;
}

void ClusterLife::found() {
  for (const auto& node : nodes_) node->start();
  world_.run_for(milliseconds(200));
  JournalUrl url;
  url.kind = JournalUrl::Kind::kQuorum;
  url.name = ClusterNode::kJournal;
  url.hosts = hosts();
  auto formatted = world_.wait(format_quorum(world_.machine("rm1").seams(), url, {}, seconds(5)));
  demand(8, formatted.has_value(), [&] { return formatted.error().text(); });
  for (unsigned i = 0; i < voters_at_first_; ++i) last_voters_.insert(nodes_[i]->name());
  for (Rm& rm : rms_) start_rm(rm);
  rms_[0].process->stand();
}

void ClusterLife::start_rm(Rm& rm) {
  rm.process = kj::heap<ClusterRm>(world_, world_.machine(rm.name), rm.name, hosts(), quorum_options_, history_, rm_counts_);
  rm.process->follow();
}

ClusterNode& ClusterLife::random_node() {
  return *nodes_[random_.below(nodes_.size())];
}

ClusterLife::Rm& ClusterLife::random_rm() {
  return rms_[random_.below(rms_.size())];
}

ClusterRm* ClusterLife::reigning() {
  ClusterRm* found = nullptr;
  for (Rm& rm : rms_) {
    if (rm.process.get() == nullptr || !rm.process->reigns()) continue;
    // Of two that believe so, the one of the higher epoch.
    if (found == nullptr || rm.process->quorum()->epoch() > found->quorum()->epoch()) found = rm.process.get();
  }
  return found;
}

// --- Work ---

void ClusterLife::elect() {
  Rm& rm = random_rm();
  if (rm.process.get() == nullptr) return;
  trace(fmt::format("elect {}", rm.name));
  rm.process->stand();
}

void ClusterLife::elect_both() {
  trace("elect both");
  for (Rm& rm : rms_)
    if (rm.process.get() != nullptr) rm.process->stand();
}

// Of the voters only so many, by chance, are there for it, and of the other nodes some.
void ClusterLife::reach(const Rm& rm, std::size_t voters) {
  std::vector<std::string> names(last_voters_.begin(), last_voters_.end());
  for (std::size_t i = names.size(); i > 1; --i) std::swap(names[i - 1], names[random_.below(i)]);
  names.resize(std::min(names.size(), voters));
  for (const auto& node : nodes_) {
    if (last_voters_.contains(node->name()) ? std::ranges::find(names, node->name()) != names.end() : random_.percent(60))
      world_.network().heal(rm.name, node->name());
    else
      world_.network().cut(rm.name, node->name());
  }
  trace(fmt::format("{} reaches, of the voters, {}", rm.name, fmt::join(names, " ")));
}

void ClusterLife::lose_power_with_a_promise() {
  Rm& rm = random_rm();
  Rm& other = rms_[&rm == rms_.data() ? 1 : 0];
  if (rm.process.get() == nullptr || other.process.get() == nullptr || !other.process->reigns() || rm.process->reigns()) return;
  const Epoch before = other.process->quorum()->epoch();
  trace(fmt::format("{} will be promised an epoch", rm.name));
  reach(rm, kNodes);
  rm.process->stand();
  const auto promised = [&](const auto& node) { return node->copy() != nullptr && node->copy()->fence() > before; };
  for (unsigned left = 400; left > 0 && !std::ranges::any_of(nodes_, promised); --left) pass(microseconds(250));
  // And half of the time until a majority has promised: then the reign is won, and has appended nothing.
  const auto won = [&] { return rm.process.get() == nullptr || rm.process->reigns() || rm.process->beginning() != nullptr; };
  const bool waits = random_.percent(50);
  for (unsigned left = 200; waits && left > 0 && !won(); --left) pass(microseconds(250));
  if (!waits) pass(microseconds(random_.below(4000)));
  reach(rm, random_.below(2));
  for (const auto& node : nodes_) {
    if (node->machine().is_off() || random_.percent(30)) continue;
    trace(fmt::format("{} loses its power", node->name()));
    ++count("power losses");
    node->lose_power();
    node->down_until = world_.clock().now() + milliseconds(random_.below(20));
  }
  if (other.process.get() == nullptr) return;
  reach(other, kNodes);
  pass(milliseconds(random_.below(400)));
  submit();
  pass(milliseconds(random_.below(1000)));
  if (random_.percent(60)) mend_network();
}

void ClusterLife::quick_reigns() {
  ++count("quick reigns");
  Rm* rm = &random_rm();
  for (std::uint64_t left = 2 + random_.below(3); left > 0; --left) {
    if (random_.percent(80)) rm = &rms_[rm == rms_.data() ? 1 : 0];
    const std::size_t majority = last_voters_.size() / 2 + 1;
    reach(*rm, majority + random_.below(last_voters_.size() - majority + 1));
    if (rm->process.get() != nullptr) rm->process->stand();
    const std::uint64_t patience = random_.percent(80) ? 300 : random_.below(20);
    for (std::uint64_t i = 0; i < patience && rm->process.get() != nullptr && !rm->process->reigns(); ++i) pass(milliseconds(10));
    if (random_.percent(40)) submit();
    if (random_.percent(30)) change_members();
    if (random_.percent(50)) pass(microseconds(random_.below(3000)));
    reach(*rm, majority > 1 && random_.percent(80) ? 1 + random_.below(majority - 1) : 0);
    submit();
    if (random_.percent(20)) change_members_in_haste();
    pass(random_.percent(70) ? std::chrono::nanoseconds(microseconds(random_.below(20'000)))
                             : std::chrono::nanoseconds(milliseconds(random_.below(1000))));
    if (random_.percent(10)) lose_power();
    if (random_.percent(10)) kill_node();
    if (random_.percent(10)) lose_all_power();
    if (random_.percent(30)) kill_rm();
  }
  if (random_.percent(60)) mend_network();
}

void ClusterLife::submit() {
  const std::uint64_t transactions = 1 + random_.below(random_.percent(10) ? 200 : 20);
  trace(fmt::format("submit {}", transactions));
  for (Rm& rm : rms_) {
    if (rm.process.get() == nullptr || !rm.process->reigns()) continue;
    for (std::uint64_t i = 0; i < transactions; ++i) rm.process->submit(8 + random_.below(random_.percent(3) ? 20'000 : 400));
  }
}

void ClusterLife::roll_or_purge() {
  ClusterRm* rm = reigning();
  if (rm == nullptr) return;
  if (random_.percent(60)) {
    trace("roll");
    rm->roll();
    return;
  }
  // An image holds what a reader has read: one of them all, mostly, but it may be that others are overtaken.
  const bool overtakes = random_.percent(40);
  TxId limit = overtakes ? TxId{0} : rm->quorum()->committed().txid;
  for (Rm& other : rms_) {
    if (other.process.get() == nullptr) continue;
    limit = overtakes ? std::max(limit, other.process->followed()) : std::min(limit, other.process->followed());
  }
  if (limit.value < 50) return;
  trace(fmt::format("purge up to {}", limit.value - 20));
  ++count("purges");
  rm->purge_below(TxId{limit.value - 20});
}

void ClusterLife::ask_outcomes() {
  if (ClusterRm* rm = reigning()) rm->ask_outcomes();
}

void ClusterLife::pass(std::chrono::nanoseconds time) {
  // In pieces, so that what broke is seen soon.
  while (time.count() > 0) {
    const std::chrono::nanoseconds piece = std::min<std::chrono::nanoseconds>(time, milliseconds(250));
    world_.run_for(piece);
    time -= piece;
    trace_log();
    revive();
    check();
  }
}

void ClusterLife::rest() {
  trace("rest");
  ++count("rests");
  pass(seconds(5 + random_.below(60)));
}

void ClusterLife::trace_log() {
  if (!options_.trace) return;
  for (; log_lines_traced_ < world_.log_lines().size(); ++log_lines_traced_)
    options_.trace(fmt::format("  log: {}", world_.log_lines()[log_lines_traced_]));
}

void ClusterLife::check() {
  for (Rm& rm : rms_) {
    if (rm.process.get() == nullptr) continue;
    demand(2, rm.process->broken().empty(), [&] { return rm.process->broken(); });
    // Where a bit has rotten a reader may hear of it, when nobody else answers.
    const std::string damage = rm.process->take_damage();
    demand(7, damage.empty() || !impaired_.empty() || !rotten_.empty(), [&] { return damage; });
    if (QuorumWriter* writer = rm.process->quorum()) {
      writer->check_invariants();
      history_.committed(writer->committed(), rm.name);
    }
  }
  check_writers();
  note_lost_slots();
  if (std::set<std::string> now = voters(); !now.empty()) last_voters_ = std::move(now);
  for (const auto& node : nodes_) {
    node->check(history_);
    JournalCopy* copy = node->copy();
    const bool unknown = copy != nullptr && !copy->failure() && !copy->log()->tail_certain();
    if (unknown && unknown_.insert(node->name()).second) ++count("unknown tails");
    if (copy != nullptr && !unknown) unknown_.erase(node->name());
    if (impaired_.contains(node->name()) && !is_impaired(*node)) {
      trace(fmt::format("{} is whole again", node->name()));
      impaired_.erase(node->name());
    }
  }
}

// A member without its slots is as one whose disk was emptied: an operator removes it, and adds it as a new one.
void ClusterLife::note_lost_slots() {
  const auto settled = settled_members();
  if (!settled) return;
  for (const auto& node : nodes_) {
    if (!node->has_lost_slots() || emptied_.contains(node->name())) continue;
    if (std::ranges::none_of(settled->members, [&](const Member& m) { return m.address == node->address(); })) continue;
    trace(fmt::format("{} has lost its slots", node->name()));
    ++count("slots lost");
    impaired_.insert(node->name());
    emptied_.insert(node->name());
  }
}

// Voters that certainly do not have it: they run, and their disks lost nothing.
std::size_t ClusterLife::voters_without(const Configuration& configuration, const std::function<bool(JournalCopy&)>& has) {
  std::size_t without = 0;
  for (const auto& node : nodes_) {
    JournalCopy* copy = node->copy();
    if (copy == nullptr || copy->failure() || impaired_.contains(node->name()) || emptied_.contains(node->name())) continue;
    const bool votes = std::ranges::any_of(
        configuration.members, [&](const Member& m) { return m.disk == copy->log()->disk_id() && m.role == MemberRole::kVoter; });
    if (votes && !has(*copy)) ++without;
  }
  return without;
}

// What a writer rests on is on the disks of a majority.
void ClusterLife::check_writers() {
  for (Rm& rm : rms_) {
    if (rm.process.get() == nullptr) continue;
    if (const QuorumWriter* writer = rm.process->beginning()) {
      const Configuration& configuration = writer->configuration();
      const Epoch epoch = writer->epoch();
      const std::size_t without = voters_without(configuration, [&](JournalCopy& copy) { return copy.log()->promised() >= epoch; });
      const auto voters = static_cast<std::size_t>(
          std::ranges::count_if(configuration.members, [](const Member& m) { return m.role == MemberRole::kVoter; }));
      demand(3, voters - without >= majority_of(configuration), [&] {
        return fmt::format("{} goes on with epoch {}, whose promise is not on the disks of {} of {} voters", rm.name, epoch.value, without,
                           voters);
      });
      const auto [begun, first] = begun_.try_emplace(epoch, writer->committed());
      demand(1, writer->committed() == begun->second || writer->committed().epoch == epoch, [&] {
        return fmt::format("{} of epoch {} takes txid {} of epoch {} for committed, by nothing of its own", rm.name, epoch.value,
                           writer->committed().txid.value, writer->committed().epoch.value);
      });
    }
    const QuorumWriter* writer = rm.process->quorum();
    if (writer == nullptr || writer->committed().txid < writer->configuration().txid) continue;
    const Configuration& configuration = writer->configuration();
    const LogPosition committed = writer->committed();
    const std::size_t without = voters_without(configuration, [&](JournalCopy& copy) {
      const LogPosition end = copy.log()->end();
      return end.epoch != committed.epoch ? end.epoch > committed.epoch : end.txid >= committed.txid;
    });
    const auto voters = static_cast<std::size_t>(
        std::ranges::count_if(configuration.members, [](const Member& m) { return m.role == MemberRole::kVoter; }));
    demand(1, voters - without >= majority_of(configuration), [&] {
      return fmt::format("{} has committed txid {} of epoch {}, which is not on the disks of {} of {} voters", rm.name,
                         committed.txid.value, committed.epoch.value, without, voters);
    });
  }
}

// --- Deaths and returns ---

void ClusterLife::restart_later(ClusterNode& node) {
  const std::uint64_t longest = over_ ? 100 : random_.percent(80) ? 3000 : 20000;
  node.down_until = world_.clock().now() + milliseconds(random_.below(longest));
}

void ClusterLife::revive() {
  const auto now = world_.clock().now();
  for (const auto& node : nodes_) {
    if (node->went_off()) {
      trace(fmt::format("{} lost its power by itself", node->name()));
      ++count("power losses");
      node->clear_away();
      restart_later(*node);
    }
    if (node->start_error()) {
      trace(fmt::format("{} does not start: {}", node->name(), node->start_error()->text()));
      ++count("starts that failed");
      node->clear_away();
      node->down_until = now + milliseconds(over_ ? 100 : 1000 + random_.below(9000));
      node->kill();
    }
    if (node->runs() || node->starting() || now < node->down_until) continue;
    if (node->machine().is_off()) node->power_on(random_);
    trace(fmt::format("{} starts", node->name()));
    node->start();
  }
  for (Rm& rm : rms_) {
    if (rm.process.get() != nullptr || now < rm.down_until) continue;
    start_rm(rm);
    rm.process->stand();
  }
  const bool anybody = std::ranges::any_of(
      rms_, [](const Rm& rm) { return rm.process.get() != nullptr && (rm.process->reigns() || rm.process->standing()); });
  if (!anybody && rms_[0].process.get() != nullptr) rms_[0].process->stand();
}

void ClusterLife::kill_node() {
  ClusterNode& node = random_node();
  if (!node.runs()) return;
  trace(fmt::format("kill {}", node.name()));
  ++count("nodes killed");
  node.kill();
  restart_later(node);
}

void ClusterLife::lose_power() {
  ClusterNode& node = random_node();
  if (node.machine().is_off()) return;
  trace(fmt::format("{} loses its power", node.name()));
  ++count("power losses");
  node.lose_power();
  restart_later(node);
}

void ClusterLife::lose_power_soon() {
  ClusterNode& node = random_node();
  if (node.machine().is_off()) return;
  const std::uint64_t operations = random_.below(30);
  trace(fmt::format("{} will lose its power after {} disk operations", node.name(), operations));
  node.lose_power_after(operations);
}

void ClusterLife::lose_all_power() {
  trace("all nodes lose their power");
  ++count("power losses of all");
  for (const auto& node : nodes_) {
    if (!node->machine().is_off()) node->lose_power();
    restart_later(*node);
  }
}

void ClusterLife::kill_rm() {
  Rm& rm = random_rm();
  if (rm.process.get() == nullptr) return;
  trace(fmt::format("kill {}", rm.name));
  ++count("resource managers killed");
  if (rm.process->reigns() && rm.process->pending() > 0) ++count("writers killed with work under way");
  rm.process = nullptr;
  world_.machine(rm.name).kill_connections();
  rm.down_until = world_.clock().now() + milliseconds(random_.below(3000));
}

// --- Disks ---

void ClusterLife::plan_disk_fault() {
  random_node().faults().plan(random_);
}

void ClusterLife::fill_or_free_disk() {
  ClusterNode& node = random_node();
  SimDisk& disk = node.machine().disk();
  if (full_.erase(node.name()) > 0) {
    trace(fmt::format("{}'s disk has room again", node.name()));
    disk.set_capacity(std::nullopt);
    return;
  }
  trace(fmt::format("{}'s disk is full", node.name()));
  ++count("full disks");
  full_.insert(node.name());
  disk.set_capacity(1);
}

void ClusterLife::make_disk_read_only_or_not() {
  ClusterNode& node = random_node();
  const bool read_only = read_only_.erase(node.name()) == 0;
  trace(fmt::format("{}'s disk {}", node.name(), read_only ? "is read-only" : "takes writes again"));
  if (read_only) {
    ++count("disks read-only");
    read_only_.insert(node.name());
  }
  node.machine().disk().set_read_only(read_only);
}

void ClusterLife::slow_disk() {
  ClusterNode& node = random_node();
  SimLatency latency = random_latency(random_);
  if (random_.percent(50)) latency.sync = milliseconds(random_.below(3000));
  trace(fmt::format("{}'s syncs take {} us", node.name(), latency.sync.count() / 1000));
  ++count("disks made slow or fast");
  node.machine().disk().set_latency(latency);
}

// --- Network ---

void ClusterLife::break_network() {
  std::vector<std::string> names;
  for (const auto& node : nodes_) names.push_back(node->name());
  for (const Rm& rm : rms_) names.push_back(rm.name);
  const std::string a = names[random_.below(names.size())];
  std::string b = a;
  while (b == a) b = names[random_.below(names.size())];
  SimNetwork& network = world_.network();
  switch (random_.below(7)) {
    case 0:
      trace(fmt::format("cut {} {}", a, b));
      ++count("network: cut");
      network.cut(a, b);
      return;
    case 1:
      trace(fmt::format("block {} -> {}", a, b));
      ++count("network: blocked one way");
      network.block(a, b);
      return;
    case 2:
      trace(fmt::format("stall {} -> {}", a, b));
      ++count("network: stalled");
      network.stall(a, b);
      return;
    case 3:
      trace(fmt::format("flap {} {}", a, b));
      ++count("network: flapping");
      network.flap(
          a, b, {milliseconds(1 + random_.below(300)), milliseconds(1 + random_.below(300)), static_cast<unsigned>(1 + random_.below(5))});
      return;
    case 4: {
      std::vector<std::set<std::string>> groups(2);
      for (const std::string& name : names) groups[random_.below(2)].insert(name);
      trace(fmt::format("partition: {} apart from the others", fmt::join(groups[0], " ")));
      ++count("network: partitioned");
      network.partition(groups);
      return;
    }
    case 5: {
      SimLink link;
      link.delay = {microseconds(20), microseconds(random_.below(200'000))};
      link.split_percent = static_cast<unsigned>(random_.below(3) * 30);
      trace(fmt::format("slow link {} -> {}", a, b));
      ++count("network: slow link");
      network.set_link(a, b, link);
      return;
    }
    default:
      // One machine apart from all.
      ++count("network: one alone");
      trace(fmt::format("{} alone", a));
      for (const std::string& other : names)
        if (other != a) network.cut(a, other);
      return;
  }
}

void ClusterLife::mend_network() {
  trace("mend the network");
  world_.network().heal_all();
}

void ClusterLife::set_clocks() {
  ClusterNode& node = random_node();
  trace(fmt::format("{}'s clock", node.name()));
  ++count("clocks changed");
  SimMachineClock& clock = node.machine().clock();
  clock.set_rate_ppm(static_cast<std::int64_t>(random_.below(200'000)) - 100'000);
  clock.set_timers_late(random_.percent(50) ? milliseconds(0) : milliseconds(random_.below(500)));
  clock.jump_wall(seconds(static_cast<std::int64_t>(random_.below(20'000)) - 10'000));
}

// --- Damage ---

// Of the newest committed configuration, so far as a writer that reigns knows it.
std::optional<Configuration> ClusterLife::settled_members() {
  ClusterRm* rm = reigning();
  if (rm == nullptr) return std::nullopt;
  const QuorumWriter& writer = *rm->quorum();
  if (writer.committed().epoch != writer.epoch() || writer.committed().txid < writer.configuration().txid) return std::nullopt;
  return writer.configuration();
}

std::set<std::string> ClusterLife::voters() {
  std::set<std::string> names;
  const auto configuration = settled_members();
  if (!configuration) return names;
  for (const Member& member : configuration->members)
    if (member.role == MemberRole::kVoter) names.insert(member.address.substr(0, member.address.find(':')));
  return names;
}

bool ClusterLife::is_impaired(ClusterNode& node) {
  if (emptied_.contains(node.name())) return true;
  JournalCopy* copy = node.copy();
  if (copy == nullptr || copy->failure()) return true;
  if (!copy->log()->tail_certain() || !copy->log()->damaged().empty()) return true;
  // What was spoilt may not be known yet.
  if (const auto rotten = rotten_.find(node.name()); rotten != rotten_.end()) {
    if (rotten->second.still_there(fmt::format("{}/{}", ClusterNode::kDirectory, ClusterNode::kJournal))) return true;
    rotten_.erase(rotten);
  }
  return copy->log()->committed().txid < history_.highest_committed();
}

// A majority keeps good copies: damage comes to one voter at a time, while all the others are whole and level.
bool ClusterLife::may_impair(ClusterNode& node) {
  const std::set<std::string> now = voters();
  if (now.size() < 3 || !impaired_.empty() || !rotten_.empty()) return false;
  for (const auto& other : nodes_)
    if (other.get() != &node && now.contains(other->name()) && is_impaired(*other)) return false;
  return node.runs() || !now.contains(node.name());
}

void ClusterLife::rot_at(ClusterNode& node, const std::string& path, std::uint64_t offset) {
  trace(fmt::format("a bit rots on {}: {} at {}", node.name(), path, offset));
  ++count("bits rotten");
  impaired_.insert(node.name());
  if (random_.percent(70)) {
    node.kill();
    restart_later(node);
  }
  // A write that the kill cut short may have been what made the file as long as that.
  if (node.machine().disk().size_of(path) <= offset) return;
  // Zeros are common in a file's head, so only a frame's sector is known by them.
  const bool zeroed = offset >= 4096 && path.find("/edits_") != std::string::npos && random_.percent(30);
  if (zeroed) ++count("sectors zeroed");
  rotten_.emplace(node.name(), RottenSector(node.machine().disk(), path, offset, zeroed ? Rot::kZeroed : Rot::kBit));
}

ClusterNode* ClusterLife::node_to_impair() {
  const std::size_t first = random_.below(nodes_.size());
  for (std::size_t i = 0; i < nodes_.size(); ++i)
    if (ClusterNode& node = *nodes_[(first + i) % nodes_.size()]; may_impair(node)) return &node;
  return nullptr;
}

void ClusterLife::rot() {
  ClusterNode* chosen = node_to_impair();
  if (chosen == nullptr) return;
  ClusterNode& node = *chosen;
  const std::vector<std::string> files = node.files();
  if (files.empty()) return;
  const std::string newest = newest_file(node);
  const std::string path = !newest.empty() && random_.percent(50) ? newest : files[random_.below(files.size())];
  if (path.ends_with("/reserve") || path.ends_with(".tmp") || path.ends_with("/VERSION") || path.find(".damaged") != std::string::npos)
    return;
  rot_at(node, path, random_.below(node.machine().disk().size_of(path)));
}

// The file that grows; empty: there is none.
std::string ClusterLife::newest_file(ClusterNode& node) {
  std::string newest;
  for (const std::string& path : node.files())
    if (path.find("/edits_inprogress_") != std::string::npos && path.find('.') == std::string::npos) newest = std::max(newest, path);
  return newest;
}

// Where its last frames are, on one of few voters that have them: the others are away, and then it is those that come back first.
void ClusterLife::rot_of_the_newest() {
  // Most of the time somebody is impaired, or away.
  if (random_.percent(70)) {
    mend_network();
    pass(milliseconds(random_.below(1500)));
  }
  const std::set<std::string> all = voters();
  ClusterNode* chosen = node_to_impair();
  if (chosen == nullptr || chosen->copy() == nullptr || !all.contains(chosen->name())) return;
  ClusterNode& node = *chosen;
  ClusterNode& away = random_node();
  if (&away != &node && random_.percent(60)) {
    trace(fmt::format("{} alone", away.name()));
    for (const Rm& rm : rms_) world_.network().cut(away.name(), rm.name);
    submit();
    pass(milliseconds(random_.below(100)));
    if (voters() != all || node.copy() == nullptr || !impaired_.empty()) return;
  }
  const std::uint64_t used = node.copy()->log()->segment_bytes_used();
  const std::string path = newest_file(node);
  if (path.empty() || used == 0) return;
  rot_at(node, path, 4096 + used - 1 - random_.below(std::min<std::uint64_t>(used, 4096)));
  if (random_.percent(50)) return;
  if (node.runs()) node.kill();
  node.down_until = world_.clock().now() + milliseconds(random_.below(200));
  world_.network().heal_all();
  for (const auto& other : nodes_) {
    if (other.get() == &node || other.get() == &away || !other->runs() || !random_.percent(80)) continue;
    trace(fmt::format("kill {}", other->name()));
    other->kill();
    restart_later(*other);
  }
  if (random_.percent(50)) kill_rm();
  elect();
  pass(milliseconds(random_.below(3000)));
}

void ClusterLife::wipe_disk() {
  ClusterNode& node = random_node();
  if (!may_impair(node) || !node.runs() || node.copy() == nullptr) return;
  trace(fmt::format("{}'s disk is replaced by an empty one", node.name()));
  ++count("disks wiped");
  impaired_.insert(node.name());
  emptied_.insert(node.name());
  node.kill();
  node.wipe();
  if (random_.percent(50)) {
    restart_later(node);
    return;
  }
  // Somebody is in a hurry, and the old disk is a member still.
  node.start();
  pass(milliseconds(random_.below(200)));
  make_learner(node);
}

// --- Members ---

void ClusterLife::change_members() {
  ClusterRm* rm = reigning();
  if (rm == nullptr) return;
  const auto settled = settled_members();
  if (!settled) return;
  const Configuration& configuration = *settled;
  const auto member_of = [&](const ClusterNode& node) -> const Member* {
    for (const Member& member : configuration.members)
      if (member.address == node.address()) return &member;
    return nullptr;
  };
  ClusterNode& node = random_node();
  const Member* member = member_of(node);
  for (const auto& other : nodes_) {
    if (!emptied_.contains(other->name())) continue;
    // A dead voter is removed first.
    if (const Member* lost = member_of(*other)) {
      trace(fmt::format("remove {}, whose disk is gone", other->name()));
      wire::ChangeRequest request;
      request.change = wire::RemoveMember{lost->disk};
      rm->change(std::move(request));
      return;
    }
    impaired_.erase(other->name());
  }
  if (member != nullptr) {
    if (configuration.members.size() <= 3 || !leaves_a_whole_majority(configuration, *member)) return;
    trace(fmt::format("remove {}", node.name()));
    wire::ChangeRequest request;
    request.change = wire::RemoveMember{member->disk};
    rm->change(std::move(request));
    return;
  }
  if (!node.runs() || full_.contains(node.name()) || read_only_.contains(node.name())) return;
  if (node.copy() != nullptr || node.has_lost_slots()) {
    // It was removed once: a new disk for a new member. Or it is being added, and then that is the addition of a disk which is gone.
    emptied_.insert(node.name());
    node.kill();
    node.wipe();
    node.start();
    trace(fmt::format("{} gets a new disk", node.name()));
    return;
  }
  if (rm->changes_under_way() > 0) return;  // one may be the addition of its last disk
  emptied_.erase(node.name());
  make_learner(node);
}

// Formats an empty copy on it, and asks the writer to add it.
void ClusterLife::make_learner(ClusterNode& node) {
  const std::set<std::string> members = voters();
  const JournalCopy* like = nullptr;
  for (const auto& other : nodes_)
    if (members.contains(other->name()) && other->copy() != nullptr && !other->copy()->failure() && !impaired_.contains(other->name()))
      like = other->copy();
  if (like == nullptr) return;
  trace(fmt::format("add {}", node.name()));
  auto formatting = format_learner(world_.machine("rm1").seams(), node.address(), ClusterNode::kJournal, like->state(), seconds(2));
  auto disk = world_.wait(kj::mv(formatting));
  ClusterRm* rm = reigning();
  if (!disk || rm == nullptr) return;
  wire::ChangeRequest request;
  request.change = wire::AddMember{*disk, node.address()};
  rm->change(std::move(request));
}

// What is spoilt may not have shown yet, neither to the writer nor to who asks it: no writer can refuse a removal that leaves a voter with
// an unknown tail in every majority, and nothing but a reset gets the journal out of that.
bool ClusterLife::leaves_a_whole_majority(const Configuration& configuration, const Member& removed) const {
  Configuration left = configuration;
  std::erase_if(left.members, [&](const Member& m) { return m.disk == removed.disk; });
  const auto whole = std::ranges::count_if(left.members, [&](const Member& m) {
    const std::string name = m.address.substr(0, m.address.find(':'));
    return m.role == MemberRole::kVoter && !impaired_.contains(name) && !emptied_.contains(name);
  });
  return static_cast<std::size_t>(whole) >= majority_of(left);
}

// Without a look at what is committed: that is for the writer to refuse.
void ClusterLife::change_members_in_haste() {
  for (Rm& rm : rms_) {
    if (rm.process.get() == nullptr || !rm.process->reigns()) continue;
    Configuration configuration = rm.process->quorum()->configuration();
    for (std::uint64_t left = 1 + random_.below(2); left > 0; --left) {
      const Member member = configuration.members[random_.below(configuration.members.size())];
      const auto voting = std::ranges::count_if(configuration.members, [](const Member& m) { return m.role == MemberRole::kVoter; });
      if (member.role == MemberRole::kVoter && (voting <= 3 || !leaves_a_whole_majority(configuration, member))) continue;
      trace(fmt::format("remove {} in haste", member.address));
      wire::ChangeRequest request;
      request.change = wire::RemoveMember{member.disk};
      request.force = random_.percent(50);
      rm.process->change(std::move(request));
      std::erase_if(configuration.members, [&](const Member& m) { return m.disk == member.disk; });
    }
  }
}

// --- The end ---

void ClusterLife::mend_everything() {
  over_ = true;
  world_.network().heal_all();
  SimLink link;
  link.delay = {microseconds(20), microseconds(200)};
  world_.network().set_link(link);
  for (const auto& node : nodes_) {
    node->faults().clear();
    SimDisk& disk = node->machine().disk();
    disk.set_capacity(std::nullopt);
    disk.set_read_only(false);
    SimLatency latency;
    latency.sync = microseconds(100);
    disk.set_latency(latency);
    disk.crash_before(~std::uint64_t{0});
    node->machine().clock().set_timers_late(milliseconds(0));
    node->down_until = std::chrono::nanoseconds(0);
    for (const auto& other : nodes_) {
      if (node == other) continue;
      world_.network().set_link(node->name(), other->name(), link);
    }
    for (const Rm& rm : rms_) {
      world_.network().set_link(node->name(), rm.name, link);
      world_.network().set_link(rm.name, node->name(), link);
    }
  }
  full_.clear();
  read_only_.clear();
  for (Rm& rm : rms_) rm.down_until = std::chrono::nanoseconds(0);
}

// How each copy stands: for the trace of a seed that fails.
std::string ClusterLife::standings() {
  std::string text;
  for (const auto& node : nodes_) {
    text += fmt::format("\n  {}:", node->name());
    JournalCopy* copy = node->copy();
    if (copy == nullptr) {
      text += node->runs() ? " no such journal" : " away";
      continue;
    }
    const wire::CopyState state = copy->state();
    text += fmt::format(" disk {} promised {} start {} committed {}{}{}{}{}{}, ends", to_hex(state.disk).substr(0, 6), state.promised.value,
                        state.start.position.txid.value, state.committed.txid.value, state.tail_certain ? "" : " UNKNOWN",
                        state.holed ? " HOLED" : "", state.removed ? " REMOVED" : "", impaired_.contains(node->name()) ? " impaired" : "",
                        emptied_.contains(node->name()) ? " emptied" : "");
    for (const LogPosition& branch : state.branches) text += fmt::format(" ({}, {})", branch.epoch.value, branch.txid.value);
    if (copy->failure()) text += fmt::format(" failed: {}", copy->failure()->text());
    if (const auto members = decode_configuration(as_bytes(state.configuration.bytes))) {
      text += fmt::format(", members as of {}:", members->txid.value);
      for (const Member& member : members->members)
        text += fmt::format(" {}{} {}", member.address, member.role == MemberRole::kVoter ? "" : " (learner)",
                            to_hex(member.disk).substr(0, 6));
    }
  }
  return text;
}

// Invariant 8: writing goes on by itself, within a bounded time.
void ClusterLife::end_well() {
  trace("--- no more faults ---");
  mend_everything();
  const auto until = world_.clock().now() + seconds(120);
  while (reigning() == nullptr) {
    demand(8, world_.clock().now() < until, [&] {
      return fmt::format("nobody reigns two minutes after the last fault: {}; {}{}",
                         rms_[0].process.get() != nullptr ? rms_[0].process->last_error() : "",
                         rms_[1].process.get() != nullptr ? rms_[1].process->last_error() : "", standings());
    });
    pass(milliseconds(500));
  }
  const std::uint64_t before = history_.acknowledged();
  while (history_.acknowledged() < before + 20) {
    demand(8, world_.clock().now() < until,
           [&] { return fmt::format("nothing is acknowledged two minutes after the last fault{}", standings()); });
    if (ClusterRm* rm = reigning(); rm != nullptr && rm->pending() == 0)
      for (int i = 0; i < 5; ++i) rm->submit(50);
    pass(milliseconds(200));
  }
  // Every member is level, and every reader has read to the end.
  while (true) {
    ClusterRm* rm = reigning();
    const TxId end = history_.highest_committed();
    bool level = rm != nullptr && rm->pending() == 0;
    std::string why = "nobody reigns";
    if (rm != nullptr) {
      for (const MemberView& view : rm->quorum()->members()) {
        const std::string name = view.member.address.substr(0, view.member.address.find(':'));
        if (emptied_.contains(name)) continue;
        if (view.acknowledged.txid >= end) continue;
        level = false;
        why = fmt::format("{} acknowledged txid {} of {}: {}", name, view.acknowledged.txid.value, end.value, view.problem);
      }
      for (Rm& other : rms_) {
        if (other.process.get() == nullptr || other.process->followed() < end) {
          level = false;
          why = fmt::format("{} followed up to {} of {}", other.name, other.process.get() == nullptr ? 0 : other.process->followed().value,
                            end.value);
        }
      }
    }
    if (level) break;
    demand(8, world_.clock().now() < until + seconds(120),
           [&] { return fmt::format("not level four minutes after the last fault: {}{}", why, standings()); });
    pass(milliseconds(500));
  }
  history_.check_complete(history_.highest_committed());
  if (ClusterRm* rm = reigning()) {
    rm->ask_outcomes();
    pass(seconds(2));
  }
  check();
  ++count("checks of the whole history");
  count_all();
}

void ClusterLife::count_all() {
  count("commits") += history_.acknowledged();
  for (unsigned i = 1; i <= ClusterHistory::kInvariants; ++i) count(fmt::format("invariant {} checked", i)) += history_.checks(i);
  count("changes of writer") += rm_counts_.reigns;
  count("changes of writer under load") += rm_counts_.reigns_under_load;
  count("failed candidacies") += rm_counts_.failed_candidacies;
  count("members changed") += rm_counts_.members_changed;
  count("changes of members refused") += rm_counts_.changes_refused;
  count("frames followed") += rm_counts_.frames_followed;
  count("readers that went to another node") += rm_counts_.followers_moved;
  count("outcomes asked") += rm_counts_.outcomes;
  count("readers overtaken by a purge") += rm_counts_.overtaken_by_purge;
  const SimNetworkCounts& network = world_.network().counts();
  count("network: connections half open") += network.connections_half_open;
  count("network: one way blocks met") += network.one_way_blocks_met;
  count("network: late deliveries") += network.late_deliveries;
  count("network: overtaken by a younger connection") += network.overtaken;
  count("network: messages in pieces") += network.partial_reads;
  for (const FaultKind kind : kPlannedFaults) count(fmt::format("disk: {}", to_string(kind))) += report_.disk_faults[kind];
  for (Rm& rm : rms_) rm.process = nullptr;
  for (const auto& node : nodes_) node->collect(report_.counts);
}

}  // namespace varve
