// Journal nodes in a simulated world, formatted so that frames made by hand are theirs.
#pragma once

#include <string>
#include <vector>

#include "editlog/segment_format.h"
#include "editlog/segment_names.h"
#include "journal/candidacy.h"
#include "tests/simulation/rules/hand_writer.h"

namespace varve {

class RuleCluster : public ::testing::Test {
 protected:
  ~RuleCluster() noexcept override {}
  void SetUp() override { found(3); }
  void found(unsigned nodes) {
    cluster_.start_all(nodes);
    cluster_.format(nodes, {.namespace_id = kTestNamespace, .lineage = kTestLineage});
    start_ = log(1).start().position;
    configuration_ = varve::take(decode_configuration(as_bytes(log(1).start().configuration)));
  }

  const LocalLog& log(unsigned node) { return *cluster_.copy(node).log(); }
  TxId end_of(unsigned node) { return log(node).end().txid; }
  void pass(std::chrono::nanoseconds time) { cluster_.world().run_for(time); }
  HandWriter writer(std::uint64_t epoch, const LogPosition& base) { return HandWriter(cluster_, epoch, base); }
  // A writer of epoch 1 has begun on these nodes; they know it committed.
  HandWriter begun(const std::vector<unsigned>& nodes) {
    HandWriter first = writer(1, start_);
    const std::vector<FramePtr> frames = first.begin(configuration_);
    for (unsigned node : nodes) {
      EXPECT_TRUE(first.stores(node, frames)) << node;
      EXPECT_TRUE(first.proves(node, first.end(), first.end().txid)) << node;
    }
    return first;
  }

  // --- Disks. Precondition: the node runs; it is killed. ---
  // A bit in its last frame.
  void rot_the_end(unsigned node) {
    const std::uint64_t used = log(node).segment_bytes_used();
    cluster_.kill(node);
    std::string newest;
    for (const std::string& name : cluster_.machine(node).disk().list(directory()))
      if (name.starts_with("edits_inprogress_")) newest = std::max(newest, name);
    cluster_.machine(node).disk().flip_bits(directory() + "/" + newest, kFramesOffset + used - kSectorBytes);
  }
  void rot_slot(unsigned node, unsigned slot) {
    cluster_.kill(node);
    cluster_.machine(node).disk().flip_bits(directory() + "/" + std::string(kSlotsFile), slot * kSlotBytes + 100);
  }
  void wipe(unsigned node) {
    cluster_.kill(node);
    for (const std::string& name : cluster_.machine(node).disk().list(directory()))
      cluster_.machine(node).disk().remove_file(directory() + "/" + name);
  }

  // --- Candidates ---
  Result<Reign> win(std::vector<std::string> addresses) {
    Candidate candidate;
    candidate.journal = {SimCluster::kJournal, kTestNamespace, kTestLineage};
    candidate.addresses = std::move(addresses);
    candidate.name = "candidate";
    CandidacyOptions options;
    options.patience = std::chrono::seconds(4);
    options.node_patience = std::chrono::seconds(1);
    return cluster_.world().wait(win_reign(cluster_.client(2), std::move(candidate), options));
  }
  Result<Reign> win() { return win({SimCluster::address_of(1), SimCluster::address_of(2), SimCluster::address_of(3)}); }

  static std::string directory() { return std::string("/journal/") + SimCluster::kJournal; }

  SimCluster cluster_;
  LogPosition start_;
  Configuration configuration_;
};

}  // namespace varve
