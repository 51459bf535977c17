// The segments of one log, oldest first, as its owner and its readers know them.
//
// Threads:   the event loop's.
// Invariant: they follow each other without gap or overlap; all but the last may be finalized, and only the last grows.
#pragma once

#include <kj/memory.h>

#include <cstdint>
#include <deque>
#include <memory>

#include "editlog/segment_format.h"
#include "editlog/segment_names.h"
#include "editlog/segment_writer.h"
#include "varve/types.h"

namespace varve {

struct LogSegment {
  SegmentHeader header;
  LogPosition last;               // of the last durable frame
  std::uint64_t bytes = 0;        // of the file
  std::uint64_t visible_end = 0;  // offset behind the last committed frame
  kj::Own<SegmentWriter> writer;  // null once finalized

  bool finalized() const { return writer.get() == nullptr; }
  SegmentName name() const { return finalized() ? SegmentName{header.first(), last.txid} : SegmentName{header.first(), std::nullopt}; }
};

class SegmentList {
 public:
  using Segments = std::deque<std::shared_ptr<LogSegment>>;

  void add(std::shared_ptr<LogSegment> segment) { segments_.push_back(std::move(segment)); }
  std::shared_ptr<LogSegment> take_oldest();

  // nullptr when no segment holds it.
  std::shared_ptr<LogSegment> find(TxId txid) const;
  bool empty() const { return segments_.empty(); }
  // Precondition: !empty().
  LogSegment& newest() const { return *segments_.back(); }
  const Segments& all() const { return segments_; }
  std::uint64_t bytes() const;

  void check_invariants() const;

 private:
  Segments segments_;
};

}  // namespace varve
