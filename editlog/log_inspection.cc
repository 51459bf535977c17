#include "editlog/log_inspection.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/digest.h"
#include "base/result.h"
#include "editlog/recovery_error.h"

namespace varve {
namespace {

class Inspection {
 public:
  Inspection(Directory& directory, DirectorySurvey found, SlotState state, const LocalLogOptions& options)
      : directory_(directory),
        found_(std::move(found)),
        state_(std::move(state)),
        serves_(options.on_damage == DamagePolicy::kServe),
        end_behind_hole_(options.end_behind_hole) {
    plan_.end = plan_.committed = state_.start.position;
    plan_.configurations.begin_at(state_.start);
    plan_.ignored = found_.foreign;
    mark_ = std::max(state_.start.position.txid, state_.mark.txid);
  }

  Task<Result<RecoveryPlan>> run() {
    if (state_.cut) CO_TRY(begin_cut());
    if (serves_ && !state_.restarting) CO_TRY(co_await drop_unusable_newest());
    for (std::size_t i = 0; i < found_.segments.size(); ++i) {
      auto done = co_await inspect(i);
      if (!done && serves_ && refused_) done = co_await go_around(i, done.error());
      if (!done) co_return fail(done.error());
    }
    CO_TRY(co_await judge_end());
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

  // A segment in progress that ends where the log begins was finalized and purged, before a crash took its new name and its removal back.
  Task<Result<bool>> ends_at_start(SegmentName name) {
    CO_ASSIGN_OR_RETURN(kj::Own<File> file, co_await directory_.open(file_name(name), {}));
    auto head = co_await read_segment_head(*file, state_.namespace_id);
    if (!head) co_return false;
    CO_ASSIGN_OR_RETURN(const SegmentScan scan, co_await scan_segment(*file, *head));
    co_return scan.contents.last() == state_.start.position;
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
    if (!name.last && facts.begins_at_or_below_start && !state_.restarting) {
      CO_ASSIGN_OR_RETURN(facts.ends_at_or_below_start, co_await ends_at_start(name));
    }
    const RecoveryRow row = classify_sequence(facts);
    if (decision_of(row) == RecoveryDecision::kRemove) {
      plan_.remove.push_back(file_name(name));
      co_return ok();
    }
    if (refuses(row))
      co_return fail(refuse(row, path_of(name),
                            fmt::format("expected to begin at txid {}, begins at {}; the log starts behind {}", expected.value,
                                        name.first.value, start.value)));
    CO_ASSIGN_OR_RETURN(kj::Own<File> file, co_await directory_.open(file_name(name), {}));
    CO_ASSIGN_OR_RETURN(const SegmentHead head, co_await read_head(*file, name));
    CO_TRY(check_chain(name, head.header, facts));
    if (name.last) co_return co_await inspect_finalized(*file, name, head);
    co_return co_await inspect_open(*file, i, head);
  }

  Error refuse(RecoveryRow row, const std::string& path, const std::string& detail) {
    refused_ = row;
    return recovery_error(row, path, detail);
  }

  // Newest files of which nothing says where they end: a bad head, or a bad trailer that no mark makes up for. The log ends before them.
  Task<Result<void>> drop_unusable_newest() {
    while (!found_.segments.empty()) {
      const SegmentName name = found_.segments.back();
      if (name.last && (*name.last <= state_.start.position.txid || *name.last == state_.mark.txid)) break;
      CO_ASSIGN_OR_RETURN(kj::Own<File> file, co_await directory_.open(file_name(name), {}));
      CO_ASSIGN_OR_RETURN(const bool usable, co_await end_is_known(*file, name));
      if (usable) break;
      plan_.set_aside.push_back(file_name(name));
      plan_.tail_lost = true;
      found_.segments.pop_back();
    }
    co_return ok();
  }

  Task<Result<bool>> end_is_known(File& file, SegmentName name) {
    if (name.last) {
      CO_ASSIGN_OR_RETURN(const auto last, co_await last_by_trailer(file, name));
      co_return last.has_value();
    }
    auto head = co_await read_segment_head(file, state_.namespace_id);
    if (!head && head.error().code() != ErrorCode::kDamaged) co_return fail(head.error());
    co_return head && head->header.first() == name.first;
  }

  // What a finalized segment says of its end, whatever its head says.
  Task<Result<std::optional<LogPosition>>> last_by_trailer(File& file, SegmentName name) {
    SegmentHead head;
    head.header = make_segment_header(state_.namespace_id, state_.lineage, name.first, Digest{});
    CO_ASSIGN_OR_RETURN(head.file_bytes, co_await file.size());
    auto footer = co_await read_segment_footer(file, head);
    std::optional<LogPosition> last;
    if (footer && footer->trailer.last_txid == name.last->value) last = footer->last();
    if (!footer && footer.error().code() != ErrorCode::kDamaged) co_return fail(footer.error());
    co_return last;
  }

  // What cannot be served is noted, and the rest is gone on with.
  Task<Result<void>> go_around(std::size_t i, Error error) {
    using enum RecoveryRow;
    const RecoveryRow row = *std::exchange(refused_, std::nullopt);
    const SegmentName name = found_.segments[i];
    if ((row == kSequenceGap || !name.last) && give_up_from(i)) {
      grow_again();
      co_return ok();
    }
    if (row == kSequenceGap) {
      damaged_.add(plan_.end, name.first.previous(), std::nullopt, 0, error.text());
      plan_.end.txid = name.first.previous();
      auto again = co_await inspect(i);
      if (!again && refused_) again = co_await go_around(i, again.error());
      co_return again;
    }
    if (row != kFileBadHeader && row != kFileMisnamed && row != kFileBadTrailer && row != kFileHole && row != kFileNoFirstFrame)
      co_return fail(error);
    const bool newest = i + 1 == found_.segments.size();
    if (newest && !name.last) {
      plan_.set_aside.push_back(file_name(name));
      plan_.tail_lost = true;
      grow_again();
      co_return ok();
    }
    std::optional<TxId> next;
    if (!newest) next = found_.segments[i + 1].first;
    co_return co_await take_damaged(name, next, error.text());
  }

  // The log ends before this file, if it is to end before damage and nothing from there on is finalized, which would say that it is
  // committed.
  bool give_up_from(std::size_t i) {
    const auto first = found_.segments.begin() + static_cast<std::ptrdiff_t>(i);
    if (end_behind_hole_ || damaged_.open() || state_.cut) return false;
    if (std::any_of(first, found_.segments.end(), [](const SegmentName& name) { return name.last.has_value(); })) return false;
    while (found_.segments.size() > i) {
      plan_.set_aside.push_back(file_name(found_.segments.back()));
      found_.segments.pop_back();
    }
    plan_.tail_lost = true;
    return true;
  }

  // What was to be finalized is the newest now.
  void grow_again() {
    if (plan_.segments.empty()) return;
    if (auto* newest = std::get_if<OpenSegment>(&plan_.segments.back())) newest->decision = RecoveryDecision::kCopy;
  }

  Task<Result<void>> take_damaged(SegmentName name, std::optional<TxId> next, std::string what) {
    CO_ASSIGN_OR_RETURN(kj::Own<File> file, co_await directory_.open(file_name(name), {}));
    CO_ASSIGN_OR_RETURN(const std::uint64_t bytes, co_await file->size());
    std::optional<LogPosition> last;
    if (name.last) {
      CO_ASSIGN_OR_RETURN(last, co_await last_by_trailer(*file, name));
      if (!last && state_.mark.txid == *name.last) last = state_.mark;
    }
    const TxId end = name.last ? *name.last : next->previous();
    damaged_.add(plan_.end, end, file_name(name), bytes, std::move(what));
    plan_.end.txid = end;
    if (last) {
      plan_.segments.push_back(damaged_.close_at(*last));
      plan_.end = plan_.committed = *last;
      mark_ = std::max(mark_, end);
    }
    co_return ok();
  }

  // A good file behind damage says where that ends.
  Task<Result<void>> close_damaged(File& file, const SegmentHeader& header) {
    if (!damaged_.open()) co_return ok();
    AlignedBuffer sector(kSectorBytes);
    CO_ASSIGN_OR_RETURN(const std::size_t got, co_await file.read(kFramesOffset, sector.span(0, kSectorBytes)));
    Epoch epoch_max = std::max(state_.promised, plan_.end.epoch);
    if (got == kSectorBytes) {
      const auto frame = load_as<FrameHeader>(std::as_const(sector).span(0, kSectorBytes));
      if (!check_header(frame, state_.namespace_id)) epoch_max = std::max(Epoch{frame.epoch}, plan_.end.epoch);
    }
    DamagedRange range = damaged_.close_before(header.previous, epoch_max);
    plan_.end.digest = header.previous;
    if (range.damage.end_exact) plan_.end = range.last;
    plan_.segments.push_back(std::move(range));
    co_return ok();
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
    if (refuses(row)) co_return fail(refuse(row, file.path(), detail));
    CO_TRY(co_await close_damaged(file, head->header));
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
    if (refuses(row)) co_return fail(refuse(row, file.path(), detail));
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

  Task<Result<void>> inspect_open(File& file, std::size_t i, SegmentHead head) {
    const SegmentName name = found_.segments[i];
    std::optional<TxId> next;
    if (i + 1 < found_.segments.size()) next = found_.segments[i + 1].first;
    const bool cut_here = state_.cut && !next && state_.cut->txid >= name.first;
    std::optional<TxId> upto;
    if (cut_here) upto = state_.cut->txid;
    CO_ASSIGN_OR_RETURN(SegmentScan scan, co_await scan_segment(file, head, upto));
    const LogPosition last = scan.contents.last();
    FileFacts facts{.trailer_good = scan.footer_whole, .first_frame_whole = !scan.contents.empty(), .has_record = !!head.preallocation};
    if (next) facts.reach = next->previous() == last.txid ? ReachState::kReachesNext : ReachState::kMissesNext;
    if (head.preallocation) facts.size_as_recorded = head.file_bytes == head.preallocation->file_bytes;
    const RecoveryRow row = classify_file(facts);
    bool end_lost = serves_ && (row == RecoveryRow::kFileNoRecord || row == RecoveryRow::kFileWrongSize);
    if (serves_ && row == RecoveryRow::kFileHole) end_lost = give_up_from(i + 1);
    if (refuses(row) && !end_lost) co_return fail(refuse(row, file.path(), describe_file(scan, next)));
    if (row != RecoveryRow::kFileFinalizeUnfinished) growing_path_ = file.path();
    const bool cut_lost = serves_ && cut_here && last.txid < state_.cut->txid;
    if (last.epoch < plan_.end.epoch || (cut_here && last != *state_.cut && !cut_lost))
      co_return fail(recovery_error(RecoveryRow::kSequenceBrokenChain, file.path(), fmt::format("at txid {}", last.txid.value)));
    take(name, std::move(scan), row, cut_here);
    if (end_lost || cut_lost) lose_tail();
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
    // What it hides may be the newest configuration, so this copy cannot say how the log ends.
    if (serves_ && reader.stop()->kind != SegmentStop::Kind::kEnd) plan_.tail_lost = true;
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
    before_newest_ = plan_.end;
    plan_.end = scan.contents.last();
    for (const LogConfiguration& configuration : scan.configurations) plan_.configurations.add(configuration);
    if (scan.committed) plan_.committed = scan.committed->position;
    // Only a committed segment gets a footer.
    if (scan.footer_whole) plan_.committed = plan_.end;
    mark_ = std::max({mark_, plan_.committed.txid, scan.mark_behind});
    if (cut_here) mark_ = std::min(mark_, plan_.end.txid);
    plan_.segments.push_back(OpenSegment{name, std::move(scan), cut_here ? RecoveryDecision::kCopy : decision_of(row)});
  }

  // Nothing good follows that would say where the newest damage ends.
  void drop_damage_without_end() {
    while (!plan_.segments.empty()) {
      const auto* range = std::get_if<DamagedRange>(&plan_.segments.back());
      if (range == nullptr || range->damage.end_exact) return;
      plan_.tail_lost = true;
      plan_.end = range->before;
      plan_.set_aside.insert(plan_.set_aside.end(), range->damage.files.begin(), range->damage.files.end());
      plan_.segments.pop_back();
      grow_again();
    }
  }

  // The newest segment in progress is not proven to its end.
  void lose_tail() {
    OpenSegment& newest = std::get<OpenSegment>(plan_.segments.back());
    newest.decision = RecoveryDecision::kCopy;
    newest.damaged = true;
    plan_.tail_lost = true;
  }

  // A hole with readable frames behind it, up to where nothing was ever acknowledged: the end counts, the bytes do not.
  Task<Result<bool>> find_end_behind_damage(const OpenSegment& newest, std::string_view label) {
    if (!end_behind_hole_ || newest.scan.stop.kind != SegmentStop::Kind::kDefect || state_.cut) co_return false;
    CO_ASSIGN_OR_RETURN(kj::Own<File> file, co_await directory_.open(file_name(newest.name), {}));
    CO_ASSIGN_OR_RETURN(const auto behind, co_await scan_behind_damage(*file, newest.scan));
    if (!behind || !nothing_is_lost_behind(*behind)) co_return false;
    DamagedRange range;
    range.first = newest.name.first;
    range.before = before_newest_;
    range.last = plan_.end = behind->last;
    range.bytes = newest.scan.head.file_bytes;
    range.damage.what =
        fmt::format("{} ({}), with readable frames behind it up to txid {}", newest.scan.stop.text, label, behind->last.txid.value);
    range.damage.files = {file_name(newest.name)};
    range.damage.grows = true;
    plan_.write_anew = file_name(newest.name);
    plan_.segments.back() = std::move(range);
    co_return true;
  }

  bool nothing_is_lost_behind(const FramesBehindDamage& behind) const {
    const TxId mark = std::max(mark_, behind.tail.mark_behind);
    const TailFacts facts{.next = behind.tail.next,
                          .mark_above_end = mark > behind.last.txid,
                          .end_above_mark = mark < behind.last.txid,
                          .unwritten_sector = behind.tail.unwritten_sector,
                          .zeroed_sector = behind.tail.zeroed_sector};
    const RecoveryDecision decision = decision_of(classify_tail(facts));
    const bool other_frame_marked = state_.mark.txid == behind.last.txid && state_.mark != behind.last;
    return (decision == RecoveryDecision::kKeep || decision == RecoveryDecision::kCopy) && !other_frame_marked;
  }

  // The log ends here: with the tail of the segment that grows, or at the last finalized one.
  Task<Result<void>> judge_end() {
    drop_damage_without_end();
    const TxId end = plan_.end.txid;
    const bool other_frame_marked = state_.mark.txid == end && state_.mark.digest != plan_.end.digest && !state_.cut;
    const bool cut_above_end = state_.cut && state_.cut->txid > end;
    const bool mark_above_end = mark_ > end || other_frame_marked || cut_above_end;
    if (growing_path_.empty()) {
      plan_.tail_lost |= mark_above_end && serves_;
      if (!mark_above_end || plan_.tail_lost) co_return ok();
      co_return fail(recovery_error(RecoveryRow::kSequenceNewestMissing, directory_.path(), describe_mark()));
    }
    OpenSegment& newest = std::get<OpenSegment>(plan_.segments.back());
    if ((state_.cut && !cut_above_end) || newest.damaged) co_return ok();
    TailFacts facts{.next = newest.scan.next,
                    .mark_above_end = mark_above_end,
                    .end_above_mark = mark_ < end,
                    .unwritten_sector = newest.scan.unwritten_sector,
                    .zeroed_sector = newest.scan.zeroed_sector};
    const RecoveryRow row = classify_tail(facts);
    if (decision_of(row) == RecoveryDecision::kDamaged && serves_) {
      CO_ASSIGN_OR_RETURN(const bool end_found, co_await find_end_behind_damage(newest, describe(row).label));
      if (!end_found) lose_tail();
      co_return ok();
    }
    if (refuses(row)) {
      const std::string detail = mark_above_end ? fmt::format("{}; {}", describe_mark(), newest.scan.stop.text) : newest.scan.stop.text;
      co_return fail(recovery_error(row, growing_path_, detail));
    }
    newest.decision = decision_of(row);
    co_return ok();
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
  TxId mark_;    // the highest one known
  bool serves_;  // goes around damage
  bool end_behind_hole_;
  std::optional<RecoveryRow> refused_;
  DamagedRangeBuilder damaged_;
  LogPosition before_newest_;  // what stands before the newest segment in progress
  std::string growing_path_;   // of the segment that grows; empty when there is none
};

}  // namespace

Task<Result<RecoveryPlan>> inspect_log(Directory& directory, DirectorySurvey found, SlotState state, const LocalLogOptions& options) {
  Inspection inspection(directory, std::move(found), std::move(state), options);
  co_return co_await inspection.run();
}

}  // namespace varve
