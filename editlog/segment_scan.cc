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

namespace {

// Where the first frame begins that belongs behind the damage.
Task<Result<std::optional<FrameHeader>>> find_behind_damage(File& file, const SegmentScan& scan, std::uint64_t& offset) {
  std::optional<FrameHeader> found;
  const SegmentHeader& segment = scan.head.header;
  std::uint64_t from = scan.stop.offset + kSectorBytes;
  // The length of a damaged frame is known by its header: nothing in its body is taken for a frame.
  if (scan.stop.header && scan.stop.defect != FrameDefect::kChain) from = scan.stop.offset + scan.stop.header->frame_bytes();
  const std::uint64_t end = round_down(scan.head.file_bytes, kSectorBytes);
  if (from >= end) co_return found;
  auto look = [&](std::uint64_t at, Bytes sector) {
    if (found) return;
    const auto frame = load_as<FrameHeader>(sector);
    if (frame.magic != kFrameMagic || check_header(frame, segment.namespace_id) || frame.lineage != segment.lineage) return;
    if (frame.first() < scan.stop.expected || Epoch{frame.epoch} < scan.contents.last().epoch) return;
    found = frame;
    offset = at;
  };
  CO_TRY(co_await sweep_sectors(file, from, end, look));
  co_return found;
}

}  // namespace

Task<Result<std::optional<FramesBehindDamage>>> scan_behind_damage(File& file, SegmentScan scan) {
  std::optional<FramesBehindDamage> behind;
  SegmentRange range = whole_segment(scan.head);
  CO_ASSIGN_OR_RETURN(const auto first, co_await find_behind_damage(file, scan, range.offset));
  if (!first) co_return behind;
  range.before = {first->first().previous(), scan.contents.last().epoch, std::nullopt};
  SegmentReader reader(file, range);
  std::optional<LogPosition> last;
  while (true) {
    CO_ASSIGN_OR_RETURN(const auto frames, co_await reader.next());
    if (frames.empty()) break;
    last = frames.back().header->position();
  }
  if (!last) co_return behind;
  SegmentScan tail{.head = scan.head, .contents = SegmentContents(scan.head.header)};
  tail.stop = *reader.stop();
  CO_TRY(co_await survey_tail(file, tail));
  behind = FramesBehindDamage{*last, std::move(tail)};
  co_return behind;
}

}  // namespace varve
