#include "editlog/segment_list.h"

#include <algorithm>

#include "base/check.h"
#include "editlog/directory_survey.h"

namespace varve {

std::vector<std::string> LogSegment::files() const {
  return damage ? damage->files : std::vector<std::string>{file_name(name())};
}

std::shared_ptr<LogSegment> SegmentList::take_oldest() {
  auto oldest = segments_.front();
  segments_.pop_front();
  return oldest;
}

void SegmentList::replace_newest(std::shared_ptr<LogSegment> by) {
  segments_.back()->replaced = true;
  segments_.back() = std::move(by);
}

void SegmentList::replace(const std::shared_ptr<LogSegment>& old, std::vector<std::shared_ptr<LogSegment>> by) {
  const auto place = std::ranges::find(segments_, old);
  CHECK(place != segments_.end(), old->header.first_txid);
  old->replaced = true;
  segments_.insert(segments_.erase(place), by.begin(), by.end());
}

std::vector<std::shared_ptr<LogSegment>> SegmentList::cut(TxId to) {
  cuts_.push_back(to);
  std::vector<std::shared_ptr<LogSegment>> taken;
  while (!segments_.empty() && segments_.back()->header.first() > to) {
    segments_.back()->replaced = true;
    taken.push_back(std::move(segments_.back()));
    segments_.pop_back();
  }
  return taken;
}

std::shared_ptr<LogSegment> SegmentList::find(TxId txid) const {
  auto above = std::ranges::upper_bound(segments_, txid, {}, [](const auto& segment) { return segment->header.first(); });
  if (above == segments_.begin()) return nullptr;
  const auto& segment = *std::prev(above);
  return txid <= segment->last.txid ? segment : nullptr;
}

std::uint64_t SegmentList::bytes() const {
  std::uint64_t sum = 0;
  for (const auto& segment : segments_) sum += segment->bytes;
  return sum;
}

void SegmentList::check_invariants() const {
  const LogSegment* before = nullptr;
  for (const auto& segment : segments_) {
    if (before != nullptr) {
      CHECK(segment->header.first() == before->last.txid.next(), segment->header.first_txid, before->last.txid.value);
      CHECK(segment->header.previous == before->last.digest, segment->header.first_txid);
      CHECK(before->finalized() || !segment->finalized() || segment->damage, segment->header.first_txid);
    }
    if (!segment->finalized()) {
      segment->writer->check_invariants();
      CHECK(segment->writer->last() == segment->last, segment->header.first_txid);
      CHECK(segment->durable_end == segment->writer->end(), segment->durable_end, segment->writer->end());
      CHECK(segment->visible_end <= segment->writer->end(), segment->visible_end, segment->writer->end());
    }
    before = segment.get();
  }
}

}  // namespace varve
