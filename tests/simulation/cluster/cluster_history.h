// The one history that all of a cluster must agree on: what was committed, who appended in which epoch, what users were told.
//
// Errors: whatever contradicts what was noted before is thrown as a Violation; invariants 1 to 4 of docs/protocol.md.
#pragma once

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
  std::uint64_t checks() const { return checks_; }

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
  void demand(bool holds, const std::string& text) {
    ++checks_;
    if (!holds) throw Violation{text};
  }

  std::map<std::uint64_t, Place> committed_;                         // by txid
  std::map<std::pair<std::uint64_t, std::uint64_t>, Place> stored_;  // by epoch, txid
  TxId highest_;
  std::vector<Submission> submissions_;
  std::uint64_t acknowledged_ = 0;
  std::uint64_t checks_ = 0;
};

}  // namespace varve
