#include "editlog/recovery.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/result.h"
#include "editlog/directory_survey.h"
#include "editlog/log_identity.h"
#include "editlog/recovery_error.h"
#include "editlog/segment_copy.h"
#include "editlog/set_aside.h"
#include "editlog/version_file.h"

namespace varve {
namespace {

// Carries one plan out.
class Recovery {
 public:
  Recovery(Seams seams, Directory& directory, LocalLogOptions options, LogIdentity identity, RecoveryPlan plan)
      : seams_(seams), directory_(directory), options_(options), identity_(kj::mv(identity)), plan_(std::move(plan)) {
    log_.end = plan_.end;
    log_.committed = plan_.committed;
    log_.configurations = plan_.configurations;
    log_.report.ignored = plan_.ignored;
  }

  Task<Result<RecoveredLog>> run() {
    CO_TRY(co_await settle_slots());
    CO_TRY(co_await note_lost_tail());
    if (plan_.write_anew) CO_TRY(co_await write_anew(directory_, *plan_.write_anew));
    for (const std::string& name : plan_.set_aside) CO_TRY(co_await set_damaged_aside(name));
    CO_TRY(co_await remove_files());
    for (const auto& segment : plan_.segments) {
      if (const auto* finalized = std::get_if<FinalSegment>(&segment))
        add_finalized(*finalized);
      else if (const auto* range = std::get_if<DamagedRange>(&segment))
        add_damaged(*range);
      else
        CO_TRY(co_await recover_open(std::get<OpenSegment>(segment)));
    }
    CO_TRY(co_await restore_version());
    CO_TRY(co_await directory_.sync());
    CO_TRY(co_await store_mark());
    log_.segments.check_invariants();
    co_return kj::mv(log_);
  }

 private:
  void say(LogLevel level, const std::string& text) { seams_.log(level, fmt::format("recovering {}: {}", directory_.path(), text)); }

  // One may be gone already: the temporary name of a step that was taken again.
  Task<Result<void>> remove_files() {
    for (const std::string& name : plan_.remove) {
      auto removed = co_await directory_.remove(name);
      if (!removed && removed.error().code() != ErrorCode::kNotFound) co_return removed;
    }
    co_return ok();
  }

  void add_finalized(const FinalSegment& segment) {
    auto added = std::make_shared<LogSegment>();
    added->header = segment.header;
    added->last = segment.last;
    added->bytes = segment.bytes;
    added->durable_end = added->visible_end = segment.frames_end;
    log_.segments.add(std::move(added));
  }

  void add_damaged(const DamagedRange& range) {
    auto added = std::make_shared<LogSegment>();
    const SlotState& state = identity_.slots->state();
    added->header = make_segment_header(state.namespace_id, state.lineage, range.first, range.before.digest);
    added->last = range.last;
    added->bytes = range.bytes;
    added->durable_end = added->visible_end = kFramesOffset;
    added->damage = range.damage;
    say(LogLevel::kError, fmt::format("txids {} to {} cannot be served until they are mended: {}", range.first.value, range.last.txid.value,
                                      range.damage.what));
    log_.segments.add(std::move(added));
  }

  // Before a byte of the evidence moves: from here on no open takes the end for certain.
  Task<Result<void>> note_lost_tail() {
    if (!plan_.tail_lost) co_return ok();
    say(LogLevel::kError,
        fmt::format("what stood behind txid {} is damaged or missing: the log goes on with an unknown tail", plan_.end.txid.value));
    SlotState state = identity_.slots->state();
    state.tail_unknown = true;
    if (state.mark.txid >= plan_.end.txid) state.mark = plan_.end;
    co_return co_await identity_.slots->store(std::move(state));
  }

  Task<Result<void>> set_damaged_aside(std::string name) {
    say(LogLevel::kError, fmt::format("{} is damaged and set aside", name));
    co_return co_await set_aside(directory_, std::move(name));
  }

  Task<Result<void>> recover_open(const OpenSegment& segment) {
    if (segment.damaged) {
      say(LogLevel::kError, fmt::format("{} is damaged, a copy is set aside: {}", file_name(segment.name), segment.scan.stop.text));
      CO_TRY(co_await copy_aside(directory_, file_name(segment.name)));
    }
    auto making = segment.decision == RecoveryDecision::kCopy ? copy(segment) : resume(segment);
    auto writer = co_await kj::mv(making);
    if (!writer) co_return fail(writer.error());
    auto added = std::make_shared<LogSegment>();
    added->header = segment.scan.head.header;
    added->last = segment.scan.contents.last();
    added->bytes = (*writer)->file_bytes();
    added->durable_end = segment.scan.contents.end();
    added->visible_end = kFramesOffset;
    added->writer = kj::mv(*writer);
    for (const FrameEnd& end : segment.scan.uncommitted.all()) {
      if (end.position.txid > plan_.committed.txid)
        log_.uncommitted.add(end);
      else
        added->visible_end = end.offset;
    }
    if (segment.scan.committed) added->visible_end = std::max(added->visible_end, segment.scan.committed->offset);
    if (segment.decision == RecoveryDecision::kFinalize && added->last.txid < plan_.committed.txid) CO_TRY(co_await finalize(*added));
    log_.segments.add(std::move(added));
    co_return ok();
  }

  Task<Result<kj::Own<SegmentWriter>>> resume(const OpenSegment& segment) {
    const std::string name = file_name(segment.name);
    CO_ASSIGN_OR_RETURN(kj::Own<File> file, co_await directory_.open(name, {.write = true, .direct = options_.direct_io}));
    co_return SegmentWriter::resume(kj::mv(file), name, segment.scan.contents, segment.scan.head.file_bytes);
  }

  Task<Result<kj::Own<SegmentWriter>>> copy(const OpenSegment& segment) {
    SegmentCopy copy(seams_, directory_, options_.direct_io, usual_segment_bytes(options_));
    CO_ASSIGN_OR_RETURN(auto writer, co_await copy.make(file_name(segment.name), all_frames(segment.scan.contents)));
    ++log_.report.segments_copied;
    if (segment.damaged) co_return kj::mv(writer);
    log_.report.torn_bytes_cut += segment.scan.written_bytes_behind;
    if (segment.scan.written_bytes_behind > 0)
      say(LogLevel::kInfo, fmt::format("cut {} bytes behind txid {} that were never acknowledged: {}", segment.scan.written_bytes_behind,
                                       plan_.end.txid.value, segment.scan.stop.text));
    co_return kj::mv(writer);
  }

  Task<Result<void>> finalize(LogSegment& segment) {
    CO_TRY(co_await segment.writer->finalize(directory_));
    segment.visible_end = segment.writer->end();
    segment.bytes = segment.visible_end + segment.writer->contents().footer_bytes();
    segment.writer = nullptr;
    ++log_.report.segments_finalized;
    co_return ok();
  }

  Task<Result<void>> restore_version() {
    if (identity_.row != RecoveryRow::kDirectoryVersionLost) co_return ok();
    CO_TRY(co_await write_version(directory_, version_of(identity_.slots->state())));
    log_.report.version_repaired = true;
    say(LogLevel::kWarning, fmt::format("VERSION restored from the slots: {}", identity_.detail));
    co_return ok();
  }

  // First of all, and always: the steps that follow rest on what was read, which may be in the page cache only.
  Task<Result<void>> settle_slots() {
    const std::optional<std::string> damage = identity_.slots->damage();
    CO_TRY(co_await identity_.slots->settle());
    log_.report.slot_repaired = damage.has_value();
    if (damage) say(LogLevel::kWarning, fmt::format("a slot was damaged and is written again: {}", *damage));
    co_return ok();
  }

  Task<Result<void>> store_mark() {
    SlotState state = identity_.slots->state();
    const bool changed = state.mark != plan_.end || state.cut || state.restarting;
    state.mark = plan_.end;
    state.cut.reset();
    state.restarting = false;
    if (changed) CO_TRY(co_await identity_.slots->store(std::move(state)));
    log_.slots = kj::mv(identity_.slots);
    co_return ok();
  }

  Seams seams_;
  Directory& directory_;
  LocalLogOptions options_;
  LogIdentity identity_;
  RecoveryPlan plan_;
  RecoveredLog log_;
};

}  // namespace

std::uint64_t usual_segment_bytes(const LocalLogOptions& options) {
  return std::max(round_up(options.segment_bytes, kPageBytes), segment_file_bytes(kPageBytes));
}

Task<Result<RecoveredLog>> recover_log(Seams seams, Directory& directory, LocalLogOptions options, std::optional<Uuid> expected_namespace) {
  CO_ASSIGN_OR_RETURN(const auto names, co_await directory.list());
  const DirectorySurvey found = survey(names);
  CO_ASSIGN_OR_RETURN(LogIdentity identity, co_await identify_log(directory, found, expected_namespace));
  if (refuses(identity.row)) co_return fail(recovery_error(identity.row, directory.path(), identity.detail));
  if (identity.slots->state().tail_unknown && options.on_damage == DamagePolicy::kRefuse)
    co_return fail(
        ErrorCode::kDamaged,
        fmt::format("recovering {}: frames behind its end are lost that only other copies of the log have: it cannot be used alone",
                    directory.path()));
  CO_ASSIGN_OR_RETURN(RecoveryPlan plan, co_await inspect_log(directory, found, identity.slots->state(), options));
  Recovery recovery(seams, directory, options, kj::mv(identity), std::move(plan));
  co_return co_await recovery.run();
}

}  // namespace varve
