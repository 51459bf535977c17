#include "editlog/log_inspection.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/digest.h"
#include "base/result.h"
#include "editlog/recovery_error.h"

namespace varve {
namespace {

class Inspection {
 public:
  Inspection(Directory& directory, DirectorySurvey found, SlotState state)
      : directory_(directory), found_(std::move(found)), state_(std::move(state)) {
    plan_.end = plan_.committed = state_.start.position;
    plan_.configurations.begin_at(state_.start);
    plan_.ignored = found_.foreign;
    mark_ = std::max(state_.start.position.txid, state_.mark.txid);
  }

  Task<Result<RecoveryPlan>> run() {
    if (state_.cut) CO_TRY(begin_cut());
    for (std::size_t i = 0; i < found_.segments.size(); ++i) CO_TRY(co_await inspect(i));
    CO_TRY(judge_end());
    CO_TRY(co_await read_newest_finalized());
    plan_.configurations.commit(plan_.committed.txid);
    for (const std::string& name : found_.leftovers) plan_.remove.push_back(name);
    co_return std::move(plan_);
  }

 private:
  // The files above the cut go, newest first; what is left is judged as if they had never been.
  Result<void> begin_cut() {
    const TxId cut = state_.cut->txid;
    if (cut < state_.start.position.txid)
      return fail(recovery_error(RecoveryRow::kSequenceAcrossStart, directory_.path(),
                                 fmt::format("a cut at txid {} below the start at {}", cut.value, state_.start.position.txid.value)));
    while (!found_.segments.empty() && found_.segments.back().first > cut) {
      const SegmentName name = found_.segments.back();
      if (name.last) return fail(cut_into_final(name));
      plan_.remove.push_back(file_name(name));
      found_.segments.pop_back();
    }
    if (!found_.segments.empty() && found_.segments.back().last > cut) return fail(cut_into_final(found_.segments.back()));
    mark_ = std::min(mark_, cut);
    return ok();
  }

  Error cut_into_final(const SegmentName& name) const {
    return recovery_error(RecoveryRow::kSequenceOverlap, path_of(name),
                          fmt::format("the slots hold a cut at txid {}, below committed transactions", state_.cut->txid.value));
  }

  Task<Result<void>> inspect(std::size_t i) {
    const SegmentName name = found_.segments[i];
    const TxId start = state_.start.position.txid;
    const TxId expected = plan_.end.txid.next();
    SequenceFacts facts{.finalized = name.last.has_value(),
                        .ends_at_or_below_start = name.last && *name.last <= start,
                        .begins_at_or_below_start = name.first <= start,
                        .begins = name.first < expected ? Order::kBelow : (name.first > expected ? Order::kAbove : Order::kNext),
                        .restarting = state_.restarting};
    const RecoveryRow row = classify_sequence(facts);
    if (decision_of(row) == RecoveryDecision::kRemove) {
      plan_.remove.push_back(file_name(name));
      co_return ok();
    }
    if (refuses(row))
      co_return fail(recovery_error(row, path_of(name),
                                    fmt::format("expected to begin at txid {}, begins at {}; the log starts behind {}", expected.value,
                                                name.first.value, start.value)));
    CO_ASSIGN_OR_RETURN(kj::Own<File> file, co_await directory_.open(file_name(name), {}));
    CO_ASSIGN_OR_RETURN(const SegmentHead head, co_await read_head(*file, name));
    CO_TRY(check_chain(name, head.header, facts));
    if (name.last) co_return co_await inspect_finalized(*file, name, head);
    std::optional<TxId> next;
    if (i + 1 < found_.segments.size()) next = found_.segments[i + 1].first;
    co_return co_await inspect_open(*file, name, head, next);
  }

  Task<Result<SegmentHead>> read_head(File& file, SegmentName name) {
    auto head = co_await read_segment_head(file, state_.namespace_id);
    FileFacts facts{.finalized = name.last.has_value(), .trailer_good = true};
    std::string detail;
    if (head) {
      facts.name_agrees = head->header.first() == name.first;
      detail = fmt::format("the header says txid {}", head->header.first_txid);
    } else {
      detail = head.error().text();
      switch (head.error().code()) {
        case ErrorCode::kDamaged:
          facts.header = FileHeaderState::kBad;
          break;
        case ErrorCode::kForeign:
          facts.header = FileHeaderState::kForeign;
          break;
        case ErrorCode::kNewerLayout:
          facts.header = FileHeaderState::kNewer;
          break;
        default:
          co_return fail(head.error());
      }
    }
    const RecoveryRow row = classify_file(facts);
    if (refuses(row)) co_return fail(recovery_error(row, file.path(), detail));
    co_return *head;
  }

  Result<void> check_chain(SegmentName name, const SegmentHeader& header, SequenceFacts facts) const {
    facts.chains = header.previous == plan_.end.digest && header.lineage == state_.lineage;
    const RecoveryRow row = classify_sequence(facts);
    if (!refuses(row)) return ok();
    return fail(recovery_error(row, path_of(name),
                               fmt::format("expected digest {} of lineage {} before it, found {} of {}", to_hex(plan_.end.digest),
                                           state_.lineage, to_hex(header.previous), header.lineage)));
  }

  Task<Result<void>> inspect_finalized(File& file, SegmentName name, SegmentHead head) {
    auto footer = co_await read_segment_footer(file, head);
    FileFacts facts{.finalized = true, .trailer_good = footer.has_value() && !head.preallocation};
    std::string detail = head.preallocation ? "it still has a preallocation record" : "";
    if (footer) {
      facts.name_agrees = footer->trailer.last_txid == name.last->value;
      if (!facts.name_agrees) detail = fmt::format("the trailer says that it ends at txid {}", footer->trailer.last_txid);
    } else {
      if (!refusable(footer.error())) co_return fail(footer.error());
      detail = footer.error().text();
    }
    const RecoveryRow row = classify_file(facts);
    if (refuses(row)) co_return fail(recovery_error(row, file.path(), detail));
    if (footer->last().epoch < plan_.end.epoch)
      co_return fail(recovery_error(RecoveryRow::kSequenceBrokenChain, file.path(),
                                    fmt::format("it ends in epoch {}, below {}", footer->last().epoch.value, plan_.end.epoch.value)));
    plan_.end = plan_.committed = footer->last();
    mark_ = std::max(mark_, plan_.end.txid);
    plan_.segments.push_back(FinalSegment{head.header, plan_.end, head.file_bytes, footer->trailer.frames_end});
    co_return ok();
  }

  static bool refusable(const Error& error) {
    return error.code() == ErrorCode::kDamaged || error.code() == ErrorCode::kForeign || error.code() == ErrorCode::kNewerLayout;
  }

  Task<Result<void>> inspect_open(File& file, SegmentName name, SegmentHead head, std::optional<TxId> next) {
    const bool cut_here = state_.cut && !next && state_.cut->txid >= name.first;
    std::optional<TxId> upto;
    if (cut_here) upto = state_.cut->txid;
    CO_ASSIGN_OR_RETURN(SegmentScan scan, co_await scan_segment(file, head, upto));
    const LogPosition last = scan.contents.last();
    FileFacts facts{.trailer_good = scan.footer_whole, .first_frame_whole = !scan.contents.empty(), .has_record = !!head.preallocation};
    if (next) facts.reach = next->previous() == last.txid ? ReachState::kReachesNext : ReachState::kMissesNext;
    if (head.preallocation) facts.size_as_recorded = head.file_bytes == head.preallocation->file_bytes;
    const RecoveryRow row = classify_file(facts);
    if (refuses(row)) co_return fail(recovery_error(row, file.path(), describe_file(scan, next)));
    if (row != RecoveryRow::kFileFinalizeUnfinished) growing_path_ = file.path();
    if (last.epoch < plan_.end.epoch || (cut_here && last != *state_.cut))
      co_return fail(recovery_error(RecoveryRow::kSequenceBrokenChain, file.path(), fmt::format("at txid {}", last.txid.value)));
    take(name, std::move(scan), row, cut_here);
    co_return ok();
  }

  // Of a log that ends with a finalized segment nothing behind repeats what stands in it. Damage is found when it is replayed.
  Task<Result<void>> read_newest_finalized() {
    if (plan_.segments.empty() || !std::holds_alternative<FinalSegment>(plan_.segments.back())) co_return ok();
    const FinalSegment segment = std::get<FinalSegment>(plan_.segments.back());
    CO_ASSIGN_OR_RETURN(kj::Own<File> file, co_await directory_.open(finalized_name(segment.header.first(), segment.last.txid), {}));
    SegmentRange range;
    range.namespace_id = segment.header.namespace_id;
    range.lineage = segment.header.lineage;
    range.end_offset = segment.frames_end;
    range.before = {segment.header.first().previous(), Epoch{}, segment.header.previous};
    SegmentReader reader(*file, range);
    while (true) {
      CO_ASSIGN_OR_RETURN(const auto frames, co_await reader.next());
      if (frames.empty()) break;
      for (const FrameView& frame : frames)
        if (auto configuration = configuration_in(*frame.header, frame.body)) plan_.configurations.add(*std::move(configuration));
    }
    co_return ok();
  }

  static std::string describe_file(const SegmentScan& scan, std::optional<TxId> next) {
    const std::string where = fmt::format("{} frames up to txid {} and offset {} of {} bytes", scan.contents.frames(),
                                          scan.contents.last().txid.value, scan.contents.end(), scan.head.file_bytes);
    if (next) return fmt::format("{}, the next segment begins at txid {}; {}", where, next->value, scan.stop.text);
    if (scan.head.preallocation && scan.head.preallocation->file_bytes != scan.head.file_bytes)
      return fmt::format("{}, preallocated {}", where, scan.head.preallocation->file_bytes);
    return fmt::format("{}; {}", where, scan.stop.text);
  }

  void take(SegmentName name, SegmentScan scan, RecoveryRow row, bool cut_here) {
    plan_.end = scan.contents.last();
    for (const LogConfiguration& configuration : scan.configurations) plan_.configurations.add(configuration);
    if (scan.committed) plan_.committed = scan.committed->position;
    // Only a committed segment gets a footer.
    if (scan.footer_whole) plan_.committed = plan_.end;
    mark_ = std::max({mark_, plan_.committed.txid, scan.mark_behind});
    if (cut_here) mark_ = std::min(mark_, plan_.end.txid);
    plan_.segments.push_back(OpenSegment{name, std::move(scan), cut_here ? RecoveryDecision::kCopy : decision_of(row)});
  }

  // The log ends here: with the tail of the segment that grows, or at the last finalized one.
  Result<void> judge_end() {
    const TxId end = plan_.end.txid;
    const bool other_frame_marked = state_.mark.txid == end && state_.mark.digest != plan_.end.digest && !state_.cut;
    const bool cut_above_end = state_.cut && state_.cut->txid > end;
    const bool mark_above_end = mark_ > end || other_frame_marked || cut_above_end;
    if (growing_path_.empty()) {
      if (!mark_above_end) return ok();
      return fail(recovery_error(RecoveryRow::kSequenceNewestMissing, directory_.path(), describe_mark()));
    }
    OpenSegment& newest = std::get<OpenSegment>(plan_.segments.back());
    if (state_.cut && !cut_above_end) return ok();
    TailFacts facts{.next = newest.scan.next,
                    .mark_above_end = mark_above_end,
                    .end_above_mark = mark_ < end,
                    .unwritten_sector = newest.scan.unwritten_sector,
                    .zeroed_sector = newest.scan.zeroed_sector};
    const RecoveryRow row = classify_tail(facts);
    if (refuses(row)) {
      const std::string detail = mark_above_end ? fmt::format("{}; {}", describe_mark(), newest.scan.stop.text) : newest.scan.stop.text;
      return fail(recovery_error(row, growing_path_, detail));
    }
    newest.decision = decision_of(row);
    return ok();
  }

  std::string describe_mark() const {
    return fmt::format("txid {} is marked as durable, the last good frame ends at {}", std::max(mark_, state_.mark.txid).value,
                       plan_.end.txid.value);
  }

  std::string path_of(const SegmentName& name) const { return directory_.path() + "/" + file_name(name); }

  Directory& directory_;
  DirectorySurvey found_;
  SlotState state_;
  RecoveryPlan plan_;
  TxId mark_;                 // the highest one known
  std::string growing_path_;  // of the segment that grows; empty when there is none
};

}  // namespace

Task<Result<RecoveryPlan>> inspect_log(Directory& directory, DirectorySurvey found, SlotState state) {
  Inspection inspection(directory, std::move(found), std::move(state));
  co_return co_await inspection.run();
}

}  // namespace varve
