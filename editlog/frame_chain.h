// Follows frames along a log and says whether the next one continues it.
#pragma once

#include <optional>
#include <string>

#include "editlog/frame.h"
#include "varve/types.h"

namespace varve {

class FrameChain {
 public:
  // What stands before the first frame. Without a digest (reading that begins inside a segment) the first frame's `previous` is taken as it
  // is.
  struct Before {
    TxId txid;
    Epoch epoch;  // a lower bound when nothing better is known
    std::optional<Digest> digest;
  };
  FrameChain(Before before, std::uint64_t lineage) : txid_(before.txid), epoch_(before.epoch), digest_(before.digest), lineage_(lineage) {}
  FrameChain(const LogPosition& before, std::uint64_t lineage) : FrameChain(Before{before.txid, before.epoch, before.digest}, lineage) {}

  // Why this frame, whose header proves itself, does not come next; std::nullopt when it does.
  std::optional<std::string> objection(const FrameHeader& header) const;
  // Precondition: !objection(header).
  void advance(const FrameHeader& header);

  TxId next_txid() const { return txid_.next(); }
  // Precondition: a digest was given, or a frame was passed.
  LogPosition position() const { return {txid_, epoch_, digest_.value_or(Digest{})}; }

 private:
  TxId txid_;
  Epoch epoch_;
  std::optional<Digest> digest_;
  std::uint64_t lineage_;
};

}  // namespace varve
