#include "editlog/segment_contents.h"

#include <algorithm>

#include "base/check.h"

namespace varve {

SegmentContents::SegmentContents(const SegmentHeader& header)
    : header_(header), last_{header.first().previous(), Epoch{0}, header.previous} {}

void SegmentContents::add(const FrameHeader& frame) {
  CHECK(frame.first() == last_.txid.next() && frame.previous == last_.digest, frame.first_txid, last_.txid.value);
  const std::uint64_t stretch = (end_ - kFramesOffset) / kIndexSpacing;
  if (index_.empty() || stretch > (index_.back().offset - kFramesOffset) / kIndexSpacing) index_.push_back({frame.first_txid, end_});
  last_ = frame.position();
  end_ += frame.frame_bytes();
  ++frames_;
}

AlignedBuffer SegmentContents::footer() const {
  CHECK(!empty());
  AlignedBuffer footer(footer_bytes());
  const MutableBytes all = footer.span(0, footer_bytes());
  const Bytes index = std::as_bytes(std::span(index_));
  std::fill(all.begin(), all.end(), std::byte{0});
  std::memcpy(all.data(), index.data(), index.size());
  const MutableBytes padded_index = all.first(all.size() - sizeof(SegmentTrailer));

  SegmentTrailer trailer;
  trailer.index_entries = static_cast<std::uint32_t>(index_.size());
  trailer.namespace_id = header_.namespace_id;
  trailer.lineage = header_.lineage;
  trailer.first_txid = header_.first_txid;
  trailer.last_txid = last_.txid.value;
  trailer.last_epoch = last_.epoch.value;
  trailer.last_digest = last_.digest;
  trailer.frames = frames_;
  trailer.frames_end = end_;
  trailer.index = digest_of(padded_index);
  trailer.self = trailer.compute_self();
  std::memcpy(all.data() + padded_index.size(), &trailer, sizeof(trailer));
  return footer;
}

void SegmentContents::check_invariants() const {
  CHECK(end_ % kSectorBytes == 0 && end_ >= kFramesOffset, end_);
  CHECK((frames_ == 0) == (end_ == kFramesOffset) && (frames_ == 0) == index_.empty(), frames_, end_);
  CHECK(last_.txid.value + 1 >= header_.first_txid + frames_, last_.txid.value, frames_);
  CHECK(index_.size() <= index_entries_max(end_), index_.size(), end_);
  if (!index_.empty()) CHECK(index_.front() == (IndexEntry{header_.first_txid, kFramesOffset}), index_.front().offset);
  for (std::size_t i = 1; i < index_.size(); ++i) {
    CHECK(index_[i - 1].first_txid < index_[i].first_txid, i);
    CHECK((index_[i - 1].offset - kFramesOffset) / kIndexSpacing < (index_[i].offset - kFramesOffset) / kIndexSpacing, i);
  }
}

IndexEntry find_in_index(std::span<const IndexEntry> index, TxId txid) {
  const auto above = std::upper_bound(index.begin(), index.end(), txid.value,
                                      [](std::uint64_t value, const IndexEntry& entry) { return value < entry.first_txid; });
  CHECK(above != index.begin(), txid.value, index.size());
  return *std::prev(above);
}

}  // namespace varve
