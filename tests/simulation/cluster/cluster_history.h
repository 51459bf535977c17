// The one history that all of a cluster must agree on: what was committed, who appended in which epoch, what users were told.
//
// Errors: whatever contradicts what was noted before is thrown as a Violation; invariants 1 to 9 of docs/protocol.md, by their numbers.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "editlog/frame.h"
#include "tests/simulation/violation.h"
#include "varve/types.h"

namespace varve {

class ClusterHistory {
 public:
  // --- Frames ---
  // Somebody says that this frame is committed. Its place can hold no other, ever.
  void committed(const LogPosition& frame, const std::string& by);
  // A node holds this frame: for one epoch and txid there is but one.
  void stored(const LogPosition& frame, const std::string& by);
  // Everything that was committed or acknowledged so far is below; an active writer's log must reach it.
  TxId highest_committed() const { return highest_; }
  // Each look at an invariant is counted. `text` is called when it does not hold.
  static constexpr unsigned kInvariants = 9;
  template <typename Text>
  void demand(unsigned invariant, bool holds, Text&& text) {
    ++checks_.at(invariant - 1);
    if (!holds) throw Violation{text()};
  }
  std::uint64_t checks(unsigned invariant) const { return checks_.at(invariant - 1); }

  // --- Purging ---
  // Somebody has an image at or above it.
  void may_purge(TxId upto) { purgeable_ = std::max(purgeable_, upto); }
  void begins(TxId start, const std::string& by);

  // --- State ---
  // What an image holds: all transactions up to `txid`, folded into a digest.
  Digest state_at(TxId txid) const;
  // A reader has applied this transaction to the state before it; the state behind it.
  Digest fold(const Digest& before, TxId txid, Bytes payload, const std::string& by);

  // --- Transactions ---
  enum class Fate : std::uint8_t { kPending, kAcknowledged, kRefused, kUnknown };
  struct Submission {
    Fate fate = Fate::kPending;
    TxId txid;  // kAcknowledged
    std::optional<Ticket> ticket;
    bool in_log = false;  // a reader saw it
    TxId seen_at;
  };
  // A payload that is like no other.
  std::string submit(std::size_t bytes);
  static std::uint64_t id_of(Bytes payload);
  void acknowledge(std::uint64_t id, TxId txid);
  void refuse(std::uint64_t id);
  void leave_unknown(std::uint64_t id, Ticket ticket);
  // A reader saw this transaction committed.
  void saw(TxId txid, Bytes payload, const std::string& by);
  // After a reader went from the first transaction to the end: what was acknowledged was seen, what was refused was not.
  void check_complete(TxId read_up_to);

  const std::vector<Submission>& submissions() const { return submissions_; }
  std::uint64_t acknowledged() const { return acknowledged_; }

 private:
  struct Place {
    LogPosition frame;
    std::string by;
  };

  std::map<std::uint64_t, Place> committed_;                         // by txid
  std::map<std::pair<std::uint64_t, std::uint64_t>, Place> stored_;  // by epoch, txid
  std::map<std::uint64_t, Digest> states_;                           // by txid
  TxId highest_;
  TxId purgeable_;
  std::vector<Submission> submissions_;
  std::uint64_t acknowledged_ = 0;
  std::array<std::uint64_t, kInvariants> checks_{};
};

}  // namespace varve
