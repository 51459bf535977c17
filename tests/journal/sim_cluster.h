// Journal nodes, each on a machine of its own in a simulated world, and clients on others.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/sim/sim_world.h"
#include "journal/journal_node.h"
#include "journal/quorum_format.h"
#include "journal/quorum_journal.h"

namespace varve {

class SimCluster {
 public:
  static constexpr const char* kJournal = "rm";

  explicit SimCluster(std::uint64_t seed = 1, unsigned nodes = 3, unsigned clients = 2) : world_(seed) {
    for (unsigned i = 1; i <= nodes; ++i) world_.add_machine(name_of(i));
    for (unsigned i = 1; i <= clients; ++i) world_.add_machine("rm" + std::to_string(i));
  }

  ~SimCluster() noexcept {}

  static std::string name_of(unsigned node) { return "n" + std::to_string(node); }
  static std::string address_of(unsigned node) { return name_of(node) + ":8485"; }

  SimWorld& world() { return world_; }
  SimMachine& machine(unsigned node) { return world_.machine(name_of(node)); }
  Seams client(unsigned number = 1) { return world_.machine("rm" + std::to_string(number)).seams(); }
  JournalNode& node(unsigned number) { return *nodes_.at(number); }
  bool runs(unsigned number) const { return nodes_.contains(number); }
  JournalCopy& copy(unsigned number) { return *node(number).copy(kJournal); }

  NodeOptions node_options(unsigned number) {
    NodeOptions options;
    options.name = name_of(number);
    options.directory = "/journal";
    options.listen = address_of(number);
    options.log.segment_bytes = segment_bytes;
    options.log.disk_reserve_bytes = 0;
    return options;
  }
  void start(unsigned number) {
    auto started = world_.wait(JournalNode::start(machine(number).seams(), node_options(number)));
    ASSERT_TRUE(started) << started.error().text();
    nodes_[number] = kj::mv(*started);
  }
  void start_all(unsigned nodes = 3) {
    for (unsigned i = 1; i <= nodes; ++i) start(i);
  }
  // The process dies; what it wrote and did not sync stays in the page cache.
  void kill(unsigned number) {
    nodes_.erase(number);
    machine(number).kill_connections();
  }
  void lose_power(unsigned number) {
    machine(number).power_off();
    nodes_.erase(number);
  }
  void power_on(unsigned number) {
    machine(number).power_on(world_.random());
    start(number);
  }
  // Everything that was not synced is lost.
  void lose_power_and_all_unsynced(unsigned number) {
    lose_power_and(number, [](std::size_t) { return UnitFate::lost(); });
  }
  // `fate` says what becomes of each thing that was not synced, by its number; gives how many there were.
  std::size_t lose_power_and(unsigned number, const std::function<UnitFate(std::size_t)>& fate) {
    lose_power(number);
    const std::size_t units = machine(number).disk().unsynced().size();
    CrashOutcome outcome;
    for (std::size_t unit = 0; unit < units; ++unit) outcome.fates.push_back(fate(unit));
    machine(number).power_on(outcome);
    start(number);
    return units;
  }
  void stop_all() { nodes_.clear(); }
  // Of the node's newest file that holds this text.
  void rot(unsigned number, const std::string& text) {
    SimDisk& disk = machine(number).disk();
    const std::string directory = "/journal/" + std::string(kJournal);
    std::optional<std::pair<std::string, std::size_t>> place;
    for (const std::string& name : disk.list(directory)) {
      const auto bytes = disk.read_all(directory + "/" + name);
      const auto found = std::ranges::search(as_text(bytes), text);
      if (!found.empty()) place.emplace(name, found.begin() - as_text(bytes).begin());
    }
    ASSERT_TRUE(place) << text;
    disk.flip_bits(directory + "/" + place->first, place->second);
  }

  JournalUrl url(unsigned nodes = 3) const {
    JournalUrl url;
    url.kind = JournalUrl::Kind::kQuorum;
    url.name = kJournal;
    for (unsigned i = 1; i <= nodes; ++i) url.hosts.push_back(address_of(i));
    return url;
  }
  void format(unsigned nodes = 3, FormatPlan plan = {}) {
    auto formatted = world_.wait(format_quorum(client(), url(nodes), std::move(plan), std::chrono::seconds(5)));
    ASSERT_TRUE(formatted) << formatted.error().text();
  }

  std::uint64_t segment_bytes = 64u << 10;

 private:
  SimWorld world_;
  std::map<unsigned, kj::Own<JournalNode>> nodes_;  // that run
};

// A resource manager's hold on the journal.
class SimWriter {
 public:
  explicit SimWriter(SimCluster& cluster, unsigned client = 1) : cluster_(cluster), client_(client) {}
  ~SimWriter() noexcept {}

  Result<void> open(QuorumOptions options = {}) {
    auto journal = cluster_.world().wait(QuorumJournal::open(cluster_.client(client_), cluster_.url(), options));
    if (!journal) return tl::unexpected(journal.error());
    journal_ = kj::mv(*journal);
    return {};
  }
  Result<void> reign() {
    auto writer = cluster_.world().wait(journal_->become_writer("writer", "host", {}));
    if (!writer) return tl::unexpected(writer.error());
    writer_ = kj::mv(*writer);
    return {};
  }
  kj::Promise<Result<FramePtr>> append(const std::string& text) {
    FrameBuilder builder(transaction_space(text.size()));
    builder.add(as_bytes(text));
    return writer_->append(kj::mv(builder), RunOn::kDiskThread);
  }
  Result<FramePtr> append_and_wait(const std::string& text) { return cluster_.world().wait(append(text)); }
  void append_many(unsigned count, std::size_t bytes = 100) {
    for (unsigned i = 0; i < count; ++i) {
      auto frame = append_and_wait(std::string(bytes, static_cast<char>('a' + i % 26)));
      ASSERT_TRUE(frame) << frame.error().text();
    }
  }
  // Texts of the data transactions from the log's start.
  std::vector<std::string> read_all() {
    std::vector<std::string> texts;
    auto reader = cluster_.world().wait(journal_->read_after(journal_->start()));
    EXPECT_TRUE(reader) << reader.error().text();
    while (true) {
      auto frames = cluster_.world().wait((*reader)->next());
      EXPECT_TRUE(frames) << frames.error().text();
      if (!frames || frames->empty()) return texts;
      for (const FrameView& frame : *frames)
        if (frame.header->frame_kind() == FrameKind::kData)
          for (TransactionCursor c = frame.transactions(); c.next();) texts.emplace_back(as_text(c.bytes()));
    }
  }
  void die() {
    writer_ = nullptr;
    journal_ = nullptr;
    cluster_.world().machine("rm" + std::to_string(client_)).kill_connections();
  }

  QuorumJournal& journal() { return *journal_; }
  JournalWriter& writer() { return *writer_; }
  QuorumWriter& quorum() { return *journal_->writer(); }

 private:
  SimCluster& cluster_;
  unsigned client_;
  kj::Own<QuorumJournal> journal_;
  kj::Own<JournalWriter> writer_;
};

}  // namespace varve
