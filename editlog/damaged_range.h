// Gathers, while a log's files are judged in their order, those that are damaged into ranges of which both ends are known.
//
// What is wrong with a file says nothing of its neighbours, and they say where it begins and ends: the frame before it, the digest that the
// header of the next good file names. Files side by side between which nothing is known make one range.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "editlog/segment_damage.h"
#include "editlog/segment_format.h"
#include "varve/types.h"

namespace varve {

struct DamagedRange {
  TxId first;
  LogPosition before;
  LogPosition last;
  std::uint64_t bytes = 0;  // of the files
  SegmentDamage damage;
};

class DamagedRangeBuilder {
 public:
  // What begins here follows `before`. A range that is open goes on.
  void add(LogPosition before, TxId last, std::optional<std::string> file, std::uint64_t bytes, std::string what) {
    if (!range_) {
      range_.emplace();
      range_->first = before.txid.next();
      range_->before = before;
      range_->damage.what = std::move(what);
    }
    range_->last = {last, range_->before.epoch, Digest{}};
    range_->bytes += bytes;
    if (file) range_->damage.files.push_back(*std::move(file));
  }
  bool open() const { return range_.has_value(); }
  // Its last frame is known.
  DamagedRange close_at(LogPosition last) {
    DamagedRange range = *std::move(range_);
    range_.reset();
    range.last = last;
    return range;
  }
  // All but the epoch of its last frame is known, which is not above `epoch_max`.
  DamagedRange close_before(Digest previous, Epoch epoch_max) {
    const bool exact = epoch_max == range_->before.epoch;
    DamagedRange range = close_at({range_->last.txid, epoch_max, previous});
    range.damage.end_exact = exact;
    return range;
  }

 private:
  std::optional<DamagedRange> range_;
};

}  // namespace varve
