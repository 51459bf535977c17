// The frames of a writer's log that are still in its memory: all that are not committed, and the newest committed ones for members that
// lag.
//
// Threads:   the event loop's.
// Invariant: the frames chain from base() to end(); base().txid <= committed.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "editlog/frame.h"
#include "varve/types.h"

namespace varve {

class FrameWindow {
 public:
  explicit FrameWindow(LogPosition base) : base_(base) {}

  // Precondition: it continues end().
  void add(FramePtr frame);
  // Drops the oldest frames at or below `upto` while more than `bytes_max` bytes are held.
  void shrink(TxId upto, std::uint64_t bytes_max);

  const LogPosition& base() const { return base_; }
  LogPosition end() const { return frames_.empty() ? base_ : frames_.back()->header().position(); }
  std::uint64_t bytes() const { return bytes_; }

  // True when `position` is base() or the end of a frame here, with that digest.
  bool holds(const LogPosition& position) const;
  // base() or the frame that ends highest at or below `txid`; nullopt when that is below base().
  std::optional<LogPosition> at_or_below(TxId txid) const;
  // The last frame of `epoch` here, base() included.
  std::optional<LogPosition> last_of(Epoch epoch) const;
  // Frames behind `position`, at most up to `upto`: at least one, if there is any, and no more than `bytes_max` bytes.
  // Precondition: holds(position).
  std::vector<FramePtr> behind(const LogPosition& position, TxId upto, std::uint64_t bytes_max) const;

 private:
  std::deque<FramePtr>::const_iterator first_above(TxId txid) const;

  LogPosition base_;
  std::deque<FramePtr> frames_;
  std::uint64_t bytes_ = 0;
};

}  // namespace varve
