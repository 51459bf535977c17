// Where the durable frames end that are not yet known to be committed, oldest first.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "editlog/frame.h"
#include "varve/types.h"

namespace varve {

struct FrameEnd {
  LogPosition position;
  std::uint64_t offset = 0;  // behind the frame, in its file
};

class FrameEnds {
 public:
  // Precondition: it ends above the one added last.
  void add(FrameEnd end) { ends_.push_back(end); }

  // Takes out all that end at or below `txid`; the last of them, if any.
  std::optional<FrameEnd> take_up_to(TxId txid) {
    std::optional<FrameEnd> last;
    while (auto end = take_first_up_to(txid)) last = end;
    return last;
  }

  // Takes out the oldest, when it ends at or below `txid`.
  std::optional<FrameEnd> take_first_up_to(TxId txid) {
    if (ends_.empty() || ends_.front().position.txid > txid) return std::nullopt;
    const FrameEnd first = ends_.front();
    ends_.pop_front();
    return first;
  }

  // Puts them where they belong. Precondition: none of the others lies among them.
  void insert(const std::vector<FrameEnd>& ends) {
    if (ends.empty()) return;
    const TxId first = ends.front().position.txid;
    const auto place = std::ranges::lower_bound(ends_, first, {}, [](const FrameEnd& end) { return end.position.txid; });
    ends_.insert(place, ends.begin(), ends.end());
  }

  // Forgets those that end above `txid`.
  void cut(TxId txid) {
    while (!ends_.empty() && ends_.back().position.txid > txid) ends_.pop_back();
  }

  // The one that ends at `txid`.
  std::optional<FrameEnd> find(TxId txid) const {
    const auto found = std::ranges::lower_bound(ends_, txid, {}, [](const FrameEnd& end) { return end.position.txid; });
    if (found == ends_.end() || found->position.txid != txid) return std::nullopt;
    return *found;
  }

  bool empty() const { return ends_.empty(); }
  const std::deque<FrameEnd>& all() const { return ends_; }

 private:
  std::deque<FrameEnd> ends_;
};

}  // namespace varve
