#include "journal/shared_view.h"

#include <limits>

#include "base/result.h"
#include "journal/shared_history.h"
#include "journal/shared_predecessor.h"

namespace varve {

namespace {

SegmentInfo info_of(const FinalSegment& segment) {
  return {{segment.header.first(), segment.last.txid}, segment.last.txid, segment.bytes};
}

SegmentInfo info_of(const OpenSegment& segment) {
  return {segment.name, segment.scan.contents.last().txid, segment.scan.head.file_bytes};
}

}  // namespace

std::uint64_t SharedView::bytes() const {
  std::uint64_t sum = 0;
  for (const SegmentInfo& segment : segments) sum += segment.bytes;
  return sum;
}

Task<Result<SharedView>> view_shared(SharedDirectory& shared) {
  SharedView view;
  view.start = view.end = view.committed = shared.origin();
  CO_ASSIGN_OR_RETURN(const auto newest, co_await find_predecessor(shared, Epoch{std::numeric_limits<std::uint64_t>::max()}));
  if (!newest) co_return view;
  CO_ASSIGN_OR_RETURN(const std::vector<SharedSegment> older, co_await find_history(shared, newest->record));
  view.epoch = newest->record.epoch;
  view.start = start_of(older, newest->log_start.position);
  view.end = newest->plan.end;
  if (newest->record.active()) view.committed = newest->record.committed;
  for (const SharedSegment& segment : older) view.segments.push_back(segment.info());
  for (const auto& segment : newest->plan.segments) {
    if (const auto* finalized = std::get_if<FinalSegment>(&segment)) view.segments.push_back(info_of(*finalized));
    if (const auto* open = std::get_if<OpenSegment>(&segment)) {
      view.segments.push_back(info_of(*open));
      view.torn_bytes += open->scan.written_bytes_behind;
    }
  }
  co_return view;
}

}  // namespace varve
