// The segments of one log, oldest first, as its owner and its readers know them.
//
// Threads:   the event loop's.
// Invariant: they follow each other without gap or overlap; all but the last may be finalized, and only the last grows.
#pragma once

#include <kj/memory.h>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "editlog/segment_damage.h"
#include "editlog/segment_format.h"
#include "editlog/segment_names.h"
#include "editlog/segment_writer.h"
#include "varve/types.h"

namespace varve {

struct LogSegment {
  SegmentHeader header;
  LogPosition last;               // of the last durable frame
  std::uint64_t durable_end = 0;  // offset behind it
  std::uint64_t bytes = 0;        // of the file
  std::uint64_t visible_end = 0;  // offset behind the last committed frame
  kj::Own<SegmentWriter> writer;  // null once finalized
  std::optional<SegmentDamage> damage;
  bool replaced = false;  // the log has another file for these txids now, or none: readers leave it

  // Or damaged: nothing is to be done to it but to mend it.
  bool finalized() const { return writer.get() == nullptr; }
  bool readable() const { return !damage || damage->readable; }
  std::vector<std::string> files() const;
  SegmentName name() const { return finalized() ? SegmentName{header.first(), last.txid} : SegmentName{header.first(), std::nullopt}; }
};

class SegmentList {
 public:
  using Segments = std::deque<std::shared_ptr<LogSegment>>;

  void add(std::shared_ptr<LogSegment> segment) { segments_.push_back(std::move(segment)); }
  std::shared_ptr<LogSegment> take_oldest();
  // Puts `by` in the place of the newest.
  void replace_newest(std::shared_ptr<LogSegment> by);
  // Puts these in the place of one that is in the list. They hold the same txids.
  void replace(const std::shared_ptr<LogSegment>& old, std::vector<std::shared_ptr<LogSegment>> by);
  // Takes out those that begin above `to`, newest first; what stands above `to` was taken back.
  std::vector<std::shared_ptr<LogSegment>> cut(TxId to);
  // The same with all.
  std::vector<std::shared_ptr<LogSegment>> clear() { return cut(TxId{0}); }

  // nullptr when no segment holds it.
  std::shared_ptr<LogSegment> find(TxId txid) const;
  bool empty() const { return segments_.empty(); }
  // Precondition: !empty().
  LogSegment& newest() const { return *segments_.back(); }
  const Segments& all() const { return segments_; }
  std::uint64_t bytes() const;

  // For readers of frames that may be cut: how many cuts there were, and the lowest of those after the first `seen`.
  std::size_t cuts() const { return cuts_.size(); }
  TxId lowest_cut_since(std::size_t seen) const { return std::ranges::min(std::span(cuts_).subspan(seen)); }

  void check_invariants() const;

 private:
  Segments segments_;
  std::vector<TxId> cuts_;
};

}  // namespace varve
