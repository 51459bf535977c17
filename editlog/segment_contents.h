// What the frames of one segment add up to: all that its index and trailer say. It follows from the frames alone, so whoever has seen
// the frames (the writer that appended them, a scan that read them) can write, or check, the footer to the byte.
//
// Errors:    a frame out of order is a bug of the caller's (CHECK).
// Invariant: index entries ascend in txid and offset, at most one for each kIndexSpacing bytes; end() is a multiple of kSectorBytes.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "editlog/frame.h"
#include "editlog/segment_format.h"

namespace varve {

class SegmentContents {
 public:
  explicit SegmentContents(const SegmentHeader& header);

  // Takes up the frame that stands at end().
  void add(const FrameHeader& frame);

  const SegmentHeader& header() const { return header_; }
  bool empty() const { return frames_ == 0; }
  TxId first() const { return TxId{header_.first_txid}; }
  // Of the last frame; when empty: txid first() - 1, epoch 0, the digest that the header names.
  const LogPosition& last() const { return last_; }
  std::uint64_t frames() const { return frames_; }
  std::uint64_t transactions() const { return last_.txid.value + 1 - header_.first_txid; }
  std::uint64_t end() const { return end_; }  // offset behind the last frame
  std::uint64_t frame_bytes() const { return end_ - kFramesOffset; }
  std::span<const IndexEntry> index() const { return index_; }
  std::uint64_t footer_bytes() const { return varve::footer_bytes(index_.size()); }

  // Index and trailer as they stand from end() on in a finalized segment: footer_bytes() bytes. A crash while finalizing leaves each of
  // these sectors either so or unwritten, and nothing else. Precondition: !empty().
  AlignedBuffer footer() const;

  void check_invariants() const;

 private:
  SegmentHeader header_;
  LogPosition last_;
  std::uint64_t frames_ = 0;
  std::uint64_t end_ = kFramesOffset;
  std::vector<IndexEntry> index_;
};

// Where to begin reading so as to meet the frame that holds `txid`: the last entry at or below it.
// Precondition: the index is not empty and its first entry is at or below `txid`.
IndexEntry find_in_index(std::span<const IndexEntry> index, TxId txid);

}  // namespace varve
