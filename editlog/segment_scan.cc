#include "editlog/segment_scan.h"

#include <algorithm>

#include "base/result.h"
#include "editlog/sector_sweep.h"

namespace varve {
namespace {

SegmentRange whole_segment(const SegmentHead& head) {
  SegmentRange range;
  range.namespace_id = head.header.namespace_id;
  range.lineage = head.header.lineage;
  if (head.preallocation) range.salt = head.preallocation->salt;
  range.end_offset = std::max(kFramesOffset, round_down(head.file_bytes, kSectorBytes));
  range.before = {head.header.first().previous(), Epoch{}, head.header.previous};
  return range;
}

void take_frame(SegmentScan& scan, const FrameView& frame) {
  const FrameHeader& header = *frame.header;
  scan.contents.add(header);
  if (auto end = scan.uncommitted.take_up_to(TxId{header.committed})) scan.committed = *end;
  scan.uncommitted.add({header.position(), scan.contents.end()});
  if (auto configuration = configuration_in(header, frame.body)) scan.configurations.push_back(*std::move(configuration));
}

// Looks at the sectors behind the proven frames, one by one.
class TailSurvey {
 public:
  explicit TailSurvey(SegmentScan& scan) : scan_(scan) {
    if (scan.stop.header) frame_end_ = scan.stop.offset + scan.stop.header->frame_bytes();
  }

  void look_at(std::uint64_t offset, Bytes sector) {
    const SegmentHeader& header = scan_.head.header;
    const auto& record = scan_.head.preallocation;
    const bool unwritten = record && is_unwritten(header.namespace_id, record->salt, offset, sector);
    const bool zero = all_zero(sector);
    if (offset == scan_.stop.offset) first_is_zero_ = zero;
    if (offset < frame_end_) {
      scan_.unwritten_sector |= unwritten;
      scan_.zeroed_sector |= zero;
    }
    if (unwritten) return;
    scan_.written_bytes_behind += kSectorBytes;
    if (zero) return;
    const auto frame = load_as<FrameHeader>(sector);
    if (frame.magic != kFrameMagic || check_header(frame, header.namespace_id) || frame.lineage != header.lineage) return;
    scan_.mark_behind = std::max(scan_.mark_behind, TxId{frame.committed});
  }

  NextFrameState next_frame() const {
    if (scan_.stop.kind != SegmentStop::Kind::kDefect)
      return scan_.written_bytes_behind == 0 ? NextFrameState::kNone : NextFrameState::kHeaderUnwritten;
    switch (scan_.stop.defect) {
      case FrameDefect::kNotAFrame:
      case FrameDefect::kHeaderDigest:
        return first_is_zero_ ? NextFrameState::kHeaderZeroed : NextFrameState::kHeaderInvalid;
      case FrameDefect::kFields:
        return NextFrameState::kHeaderInvalid;
      case FrameDefect::kNewerLayout:
        return NextFrameState::kHeaderNewer;
      case FrameDefect::kForeign:
      case FrameDefect::kChain:
      case FrameDefect::kPlace:
        return NextFrameState::kBrokenChain;
      case FrameDefect::kCutShort:
        return NextFrameState::kPastEnd;
      case FrameDefect::kBodyDigest:
      case FrameDefect::kBodyForm:
        return NextFrameState::kBodyDamaged;
    }
    return NextFrameState::kHeaderInvalid;
  }

 private:
  SegmentScan& scan_;
  std::uint64_t frame_end_ = 0;  // of the damaged frame, when known
  bool first_is_zero_ = false;
};

Task<Result<void>> survey_tail(File& file, SegmentScan& scan) {
  TailSurvey survey(scan);
  CO_TRY(co_await sweep_sectors(file, scan.stop.offset, round_down(scan.head.file_bytes, kSectorBytes),
                                [&survey](std::uint64_t offset, Bytes sector) { survey.look_at(offset, sector); }));
  scan.next = survey.next_frame();
  if (auto end = scan.uncommitted.take_up_to(scan.mark_behind)) scan.committed = *end;
  co_return ok();
}

Task<Result<void>> compare_footer(File& file, SegmentScan& scan) {
  if (scan.contents.empty()) co_return ok();
  const AlignedBuffer footer = scan.contents.footer();
  const std::size_t bytes = scan.contents.footer_bytes();
  AlignedBuffer found(bytes);
  CO_ASSIGN_OR_RETURN(const std::size_t got, co_await file.read(scan.contents.end(), found.span(0, bytes)));
  scan.footer_whole = got == bytes && std::ranges::equal(found.span(0, bytes), footer.span(0, bytes));
  co_return ok();
}

}  // namespace

Task<Result<SegmentScan>> scan_segment(File& file, SegmentHead head, std::optional<TxId> upto) {
  SegmentScan scan{.head = head, .contents = SegmentContents(head.header)};
  SegmentReader reader(file, whole_segment(head));
  bool reached = false;
  while (!reached) {
    CO_ASSIGN_OR_RETURN(auto frames, co_await reader.next());
    if (frames.empty()) break;
    for (const FrameView& frame : frames) {
      if ((reached = upto && frame.header->last() > *upto)) break;
      take_frame(scan, frame);
    }
  }
  if (reached) {
    scan.stop.offset = scan.contents.end();
    co_return scan;
  }
  scan.stop = *reader.stop();
  CO_TRY(co_await survey_tail(file, scan));
  CO_TRY(co_await compare_footer(file, scan));
  co_return scan;
}

}  // namespace varve
