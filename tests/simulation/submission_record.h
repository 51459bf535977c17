// What the world outside knows of the submissions to one resource manager, across all its lives: what it was promised, and what it may
// never see again. A recovered state is held against it.
//
// Invariant: a submission is acknowledged at most once; what a reign has found to be lost, or refused, stays lost.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tests/simulation/digest_ledger.h"
#include "varve/error.h"
#include "varve/types.h"

namespace varve {

class SubmissionRecord {
 public:
  enum class Fate : std::uint8_t { kPending, kUnknown, kAcknowledged, kNever };

  struct Submission {
    Digest digest;
    std::uint64_t bytes = 0;
    Fate fate = Fate::kPending;
    bool completed = false;
    TxId txid;                     // of kAcknowledged
    std::optional<Ticket> ticket;  // of those that were reported as unknown in the last reign
  };

  std::size_t submit(Bytes transaction);
  // What completed submission `index`. Returns what is wrong with it, or an empty string.
  std::string complete(std::size_t index, const Result<TxId>& result);

  // Holds `state`, recovered by a new reign, against the record: everything acknowledged is there at its txid, nothing is there that was
  // never submitted, or refused, or found lost before, and the order is that of submission. Returns what is wrong, or an empty string;
  // then what is in the state counts as acknowledged and what is not as lost.
  std::string reconcile(const std::vector<DigestLedger::Entry>& state);

  // Those that the reign before reported as unknown.
  const std::vector<std::size_t>& asked_about() const { return asked_about_; }
  const Submission& operator[](std::size_t index) const { return submissions_[index]; }

  std::size_t size() const { return submissions_.size(); }
  std::size_t acknowledged() const { return acknowledged_; }
  std::size_t open() const { return submissions_.size() - completed_; }
  std::size_t refused_for_space() const { return refused_for_space_; }
  void drop_open();  // the process is gone: nothing open will ever complete

 private:
  std::string find(const DigestLedger::Entry& entry, std::size_t& from);
  std::string describe(std::size_t index) const;

  std::vector<Submission> submissions_;
  std::vector<std::size_t> asked_about_;
  std::size_t completed_ = 0;
  std::size_t acknowledged_ = 0;
  std::size_t refused_for_space_ = 0;
  std::size_t reconciled_ = 0;  // submissions of earlier reigns: their fates are final
  TxId last_acknowledged_;      // in this reign
};

}  // namespace varve
