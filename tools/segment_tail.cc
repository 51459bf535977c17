#include "tools/segment_tail.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/result.h"
#include "editlog/recovery_error.h"
#include "editlog/recovery_table.h"
#include "editlog/segment_scan.h"
#include "tools/slots_view.h"

namespace varve {

namespace {
std::string describe(TxId mark, TxId end) {
  return fmt::format("txid {} is marked as durable, the last good frame ends at {}", mark.value, end.value);
}
}  // namespace

Task<Result<std::optional<std::string>>> judge_tail(Directory& directory, SegmentView& segment) {
  // First, so that a log in use has grown beyond its mark when its frames are read.
  const auto slots = co_await read_slots(directory);
  CO_ASSIGN_OR_RETURN(const SegmentScan scan, co_await scan_segment(segment.file(), segment.head()));
  if (scan.footer_whole) co_return std::nullopt;
  const TxId end = scan.contents.last().txid;
  TxId mark = std::max(scan.mark_behind, scan.committed ? scan.committed->position.txid : TxId{});
  if (slots && slots->namespace_id == segment.head().header.namespace_id) mark = std::max(mark, slots->mark.txid);
  const TailFacts facts{.next = scan.next,
                        .mark_above_end = mark > end,
                        .end_above_mark = mark < end,
                        .unwritten_sector = scan.unwritten_sector,
                        .zeroed_sector = scan.zeroed_sector};
  const RecoveryRow row = classify_tail(facts);
  if (refuses(row)) co_return fail(recovery_error(row, segment.path(), mark > end ? describe(mark, end) : scan.stop.text));
  if (scan.next == NextFrameState::kNone) co_return std::nullopt;
  co_return fmt::format("{}: a torn tail of {} bytes behind txid {} at offset {}, never acknowledged; the next start cuts it",
                        segment.path(), scan.written_bytes_behind, end.value, scan.contents.end());
}

}  // namespace varve
