#include "journal/frame_window.h"

#include <algorithm>

#include "base/check.h"

namespace varve {

void FrameWindow::add(FramePtr frame) {
  CHECK(frame->header().previous == end().digest && frame->header().first() == end().txid.next(), frame->header().first_txid,
        end().txid.value);
  bytes_ += frame->header().frame_bytes();
  frames_.push_back(std::move(frame));
}

void FrameWindow::shrink(TxId upto, std::uint64_t bytes_max) {
  while (bytes_ > bytes_max && !frames_.empty() && frames_.front()->header().last() <= upto) {
    base_ = frames_.front()->header().position();
    bytes_ -= frames_.front()->header().frame_bytes();
    frames_.pop_front();
  }
}

// The first frame that ends above `txid`.
std::deque<FramePtr>::const_iterator FrameWindow::first_above(TxId txid) const {
  return std::ranges::partition_point(frames_, [txid](const FramePtr& frame) { return frame->header().last() <= txid; });
}

std::optional<LogPosition> FrameWindow::at_or_below(TxId txid) const {
  if (txid < base_.txid) return std::nullopt;
  const auto above = first_above(txid);
  return above == frames_.begin() ? base_ : (*std::prev(above))->header().position();
}

bool FrameWindow::holds(const LogPosition& position) const {
  const auto here = at_or_below(position.txid);
  return here && here->txid == position.txid && here->digest == position.digest;
}

std::optional<LogPosition> FrameWindow::last_of(Epoch epoch) const {
  const auto above =
      std::ranges::partition_point(frames_, [epoch](const FramePtr& frame) { return Epoch{frame->header().epoch} <= epoch; });
  const LogPosition last = above == frames_.begin() ? base_ : (*std::prev(above))->header().position();
  if (last.epoch != epoch) return std::nullopt;
  return last;
}

std::vector<FramePtr> FrameWindow::behind(const LogPosition& position, TxId upto, std::uint64_t bytes_max) const {
  CHECK(holds(position), position.txid.value);
  std::vector<FramePtr> frames;
  std::uint64_t bytes = 0;
  for (auto frame = first_above(position.txid); frame != frames_.end() && (*frame)->header().last() <= upto; ++frame) {
    bytes += (*frame)->header().frame_bytes();
    if (!frames.empty() && bytes > bytes_max) break;
    frames.push_back(*frame);
  }
  return frames;
}

}  // namespace varve
