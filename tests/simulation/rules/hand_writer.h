// A writer whose every message the test chooses: it asks real journal nodes for a promise, and appends behind whatever position it likes.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/journal/node_fixture.h"
#include "tests/journal/sim_cluster.h"

namespace varve {

class HandWriter {
 public:
  // Its log ends at `base`.
  HandWriter(SimCluster& cluster, std::uint64_t epoch, const LogPosition& base)
      : cluster_(cluster), epoch_{epoch}, id_{epoch, 7}, source_({base.txid, epoch_, base.digest}) {
    source_.set_committed(TxId{0});
  }
  HandWriter(HandWriter&&) = default;
  ~HandWriter() noexcept {}

  const LogPosition& end() const { return source_.end(); }

  // --- Its frames, one behind the other ---
  std::vector<FramePtr> begin(const Configuration& configuration) {
    FramePtr segment = source_.seal(FrameKind::kSegmentStart, true, {encode(SegmentStart{.configuration = configuration})});
    return {std::move(segment), start_epoch()};
  }
  FramePtr start_epoch() {
    return source_.seal(FrameKind::kEpochStart, false, {encode(EpochStart{.writer = id_, .name = "writer", .host = "host"})});
  }
  FramePtr data(const std::string& text) { return source_.texts({text}); }
  FramePtr change(Configuration configuration) {
    configuration.txid = source_.end().txid.next();
    return source_.seal(FrameKind::kConfiguration, false, {encode(configuration)});
  }

  // --- What a node makes of it ---
  // The state that it showed; nullopt: refused.
  std::optional<wire::CopyState> promised_by(unsigned node, std::optional<Uuid> writer = std::nullopt) {
    auto control = varve::take(
        cluster_.world().wait(NodeConnection::open(cluster_.client(), SimCluster::address_of(node), opening(), std::chrono::seconds(30))));
    wire::Request request = wire::PromiseRequest{epoch_, writer.value_or(id_), false};
    auto answer = varve::take(cluster_.world().wait(control->ask_for_answer(std::move(request))));
    if (auto* state = std::get_if<wire::CopyState>(&answer)) return std::move(*state);
    return std::nullopt;
  }
  // Its connection to a node, which is opened when there is none.
  AppendConnection& to(unsigned node) {
    std::unique_ptr<AppendConnection>& connection = connections_[node];
    if (connection == nullptr) {
      connection = std::make_unique<AppendConnection>(cluster_.world(), cluster_.client());
      wire::Open open = opening();
      open.kind = wire::OpenAppend{epoch_, id_, "writer", "host"};
      connection->open(std::move(open), SimCluster::address_of(node));
    }
    return *connection;
  }
  void leave(unsigned node) { connections_.erase(node); }
  // Behind the frame that the first one follows. Precondition: there are frames.
  void sends(unsigned node, const std::vector<FramePtr>& frames, TxId committed = {}) {
    const FrameHeader& first = frames.front()->header();
    to(node).append({first.first().previous(), Epoch{0}, first.previous}, frames, committed);
  }
  // The node answers that all of it is stored.
  bool stores(unsigned node, const std::vector<FramePtr>& frames, TxId committed = {}) {
    sends(node, frames, committed);
    return to(node).is_stored(frames.back()->header().position());
  }
  // The node answers that its log is the writer's up to there.
  bool proves(unsigned node, const LogPosition& position, TxId committed = {}) {
    to(node).append(position, {}, committed);
    return to(node).is_stored(position);
  }

 private:
  static wire::Open opening() { return {SimCluster::kJournal, kTestNamespace, kTestLineage, wire::OpenControl{}}; }

  SimCluster& cluster_;
  Epoch epoch_;
  Uuid id_;
  FrameSource source_;
  std::map<unsigned, std::unique_ptr<AppendConnection>> connections_;
};

}  // namespace varve
