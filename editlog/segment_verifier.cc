#include "editlog/segment_verifier.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/result.h"
#include "editlog/directory_survey.h"
#include "editlog/recovery_table.h"
#include "editlog/sector_sweep.h"
#include "editlog/segment_scan.h"
#include "editlog/unwritten_space.h"

namespace varve {
namespace {

class SegmentVerifier {
 public:
  SegmentVerifier(File& file, const SegmentPlace& place, LogFindings& findings)
      : file_(file), place_(place), name_(file_name(place.name)), findings_(findings) {}

  Task<Result<SegmentVerdict>> run() {
    auto head = co_await read_segment_head(file_, place_.namespace_id);
    if (!head) {
      if (!about_bytes(head.error().code())) co_return fail(head.error());
      findings_.damage(name_, 0, head.error().text());
      co_return verdict_;
    }
    check_head(*head);
    CO_ASSIGN_OR_RETURN(const SegmentScan scan, co_await scan_segment(file_, *head));
    verdict_.header = head->header;
    verdict_.frames = scan.contents.frames();
    verdict_.transactions = scan.contents.transactions();
    if (place_.name.last)
      CO_TRY(co_await check_finalized(scan));
    else
      CO_TRY(co_await check_in_progress(scan));
    co_return verdict_;
  }

 private:
  static bool about_bytes(ErrorCode code) {
    return code == ErrorCode::kDamaged || code == ErrorCode::kForeign || code == ErrorCode::kNewerLayout;
  }

  void check_head(const SegmentHead& head) {
    if (head.header.first() != place_.name.first)
      findings_.damage(name_, 0, fmt::format("the header says that it begins at txid {}", head.header.first_txid));
    if (head.header.lineage != place_.lineage)
      findings_.damage(name_, 0, fmt::format("of lineage {}, the log is of {}", head.header.lineage, place_.lineage));
    if (place_.name.last && head.preallocation)
      findings_.damage(name_, kPreallocationOffset, "a finalized segment with a preallocation record");
  }

  Task<Result<void>> check_finalized(const SegmentScan& scan) {
    const std::uint64_t expected_bytes = scan.contents.end() + scan.contents.footer_bytes();
    if (scan.footer_whole && scan.head.file_bytes == expected_bytes) {
      verdict_.last = scan.contents.last();
      if (scan.contents.last().txid != *place_.name.last)
        findings_.damage(name_, 0, fmt::format("its frames end at txid {}", scan.contents.last().txid.value));
      co_return ok();
    }
    auto footer = co_await read_segment_footer(file_, scan.head);
    if (footer && footer->trailer.frames_end != scan.stop.offset)
      findings_.damage(name_, scan.stop.offset, scan.stop.text);
    else
      findings_.damage(name_, scan.contents.end(), footer ? "index or trailer are not those of the frames" : footer.error().text());
    co_return ok();
  }

  Task<Result<void>> check_in_progress(const SegmentScan& scan) {
    if (scan.contents.empty()) {
      findings_.damage(name_, kFramesOffset, scan.stop.text);
      co_return ok();
    }
    const TxId last = scan.contents.last().txid;
    if (place_.next && last.next() != *place_.next) {
      findings_.damage(
          name_, scan.stop.offset,
          fmt::format("its frames end at txid {}, the next segment begins at {}: {}", last.value, place_.next->value, scan.stop.text));
      co_return ok();
    }
    verdict_.last = scan.contents.last();
    const auto& record = scan.head.preallocation;
    if (scan.footer_whole || place_.next) co_return co_await check_unfinished_footer(scan);
    if (!record)
      findings_.damage(name_, kPreallocationOffset, "no preallocation record");
    else if (record->file_bytes != scan.head.file_bytes)
      findings_.damage(name_, scan.head.file_bytes,
                       fmt::format("preallocated with {} bytes, has {}", record->file_bytes, scan.head.file_bytes));
    else
      co_return co_await check_tail(scan);
    co_return ok();
  }

  // Each sector behind the frames of a segment that was about to be finalized is unwritten or the footer's.
  Task<Result<void>> check_unfinished_footer(const SegmentScan& scan) {
    findings_.note(name_, scan.contents.end(), "rolled, but not finalized yet");
    const AlignedBuffer footer = scan.contents.footer();
    const std::uint64_t begin = scan.contents.end();
    const std::uint64_t footer_end = begin + scan.contents.footer_bytes();
    auto look = [&](std::uint64_t offset, Bytes sector) {
      const bool of_footer = offset + sector.size() <= footer_end && std::ranges::equal(sector, footer.span(offset - begin, sector.size()));
      if (!of_footer && !is_unwritten_here(scan, offset, sector))
        findings_.damage(name_, offset, "neither unwritten nor the footer of the frames before it");
    };
    co_return co_await sweep_sectors(file_, begin, scan.head.file_bytes, look);
  }

  static bool is_unwritten_here(const SegmentScan& scan, std::uint64_t offset, Bytes sector) {
    if (!scan.head.preallocation) return is_one_word(sector);
    return sector.size() == kSectorBytes && is_unwritten(scan.head.header.namespace_id, scan.head.preallocation->salt, offset, sector);
  }

  Task<Result<void>> check_tail(const SegmentScan& scan) {
    const TxId last = scan.contents.last().txid;
    const TxId mark = std::max({place_.mark, scan.mark_behind, scan.committed ? scan.committed->position.txid : TxId{}});
    const RecoveryRow row = classify_tail({.next = scan.next,
                                           .mark_above_end = mark > last,
                                           .end_above_mark = mark < last,
                                           .unwritten_sector = scan.unwritten_sector,
                                           .zeroed_sector = scan.zeroed_sector});
    const RecoveryRowText& text = describe(row);
    switch (text.decision) {
      case RecoveryDecision::kKeep:
        break;
      case RecoveryDecision::kCopy:
        findings_.note(name_, scan.stop.offset,
                       fmt::format("{} ({}): left by a killed process; the next open recovers it", text.found, text.label));
        break;
      default:
        findings_.damage(name_, scan.stop.offset, fmt::format("{} ({}): {}", text.found, text.label, scan.stop.text));
    }
    const auto& record = *scan.head.preallocation;
    auto look = [&](std::uint64_t offset, Bytes sector) {
      if (auto at = rot_in_unwritten(record.namespace_id, record.salt, offset, sector))
        findings_.damage(name_, *at, "unwritten space is not as it was prepared");
    };
    co_return co_await sweep_sectors(file_, scan.stop.offset, scan.head.file_bytes, look);
  }

  File& file_;
  SegmentPlace place_;
  std::string name_;
  LogFindings& findings_;
  SegmentVerdict verdict_;
};

}  // namespace

Task<Result<SegmentVerdict>> verify_segment(File& file, SegmentPlace place, LogFindings& findings) {
  SegmentVerifier verifier(file, place, findings);
  co_return co_await verifier.run();
}

}  // namespace varve
