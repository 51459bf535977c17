// What the world outside knows of one shared journal: every frame that was acknowledged by a writer or seen by a reader, for ever.
//
// A frame's digest covers its bytes and, through the frame before, all that precedes it: two that agree on the digest at a txid agree on
// the whole history up to it, and on every state that is a fold of it.
// Errors: the first thing that contradicts earlier knowledge is kept in broken().
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "editlog/frame.h"
#include "varve/engine.h"
#include "varve/types.h"

namespace varve {

class SharedOracle {
 public:
  // Of a frame that a writer acknowledged or a reader gave out.
  void known(const FrameHeader& header, const std::string& who);
  // A reign began; its writer has read the log up to `end`.
  void reign(Epoch epoch, LogPosition end, const std::string& who);
  void purged(TxId upto);
  void unknown(Ticket ticket) { tickets_.push_back(ticket); }
  // The outcome, not kUnknownYet, that a journal gave for a ticket: it is final.
  void outcome(Ticket ticket, Outcome outcome, const std::string& who);
  // A log must begin where somebody may have purged it.
  void start(LogPosition start, const std::string& who);
  // Anything else that must not be.
  void violate(std::string text) {
    if (broken_.empty()) broken_ = std::move(text);
  }
  const std::string& broken() const { return broken_; }

  TxId last() const { return frames_.empty() ? TxId{0} : frames_.rbegin()->first; }
  TxId purged() const { return purged_; }
  const std::vector<Ticket>& tickets() const { return tickets_; }
  std::uint64_t frames() const { return frames_.size(); }

 private:
  struct Known {
    TxId first;
    Epoch epoch;
    Digest digest;
    Digest previous;
  };

  struct Told {
    Digest frame;
    Outcome outcome = Outcome::kUnknownYet;
  };
  void check_outcomes(TxId txid, Digest digest, const std::string& who);

  std::map<TxId, Known> frames_;  // by last txid
  std::map<TxId, std::map<Epoch, Told>> outcomes_;
  std::map<Epoch, Digest> epoch_starts_;
  std::set<Epoch> reigns_;
  std::string broken_;
  TxId purged_;
  std::vector<Ticket> tickets_;
};

}  // namespace varve
