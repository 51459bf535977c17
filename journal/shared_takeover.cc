#include "journal/shared_takeover.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/result.h"
#include "editlog/directory_survey.h"
#include "editlog/segment_file.h"
#include "editlog/segment_reader.h"

namespace varve {
namespace {

FramePtr frame_of(const FrameView& view) {
  return std::make_shared<const Frame>(view.keep, reinterpret_cast<const std::byte*>(view.header));
}

}  // namespace

Task<Result<kj::Own<SharedReign>>> SharedTakeover::run() {
  CO_ASSIGN_OR_RETURN(kj::Own<SharedEpochFile> file, co_await claim());
  auto log = co_await take_over(*file);
  if (log) co_return kj::heap<SharedReign>(shared_, kj::mv(file), kj::mv(*log));
  // A writer of a higher epoch may have purged what we were looking at: that is no damage.
  auto newer = co_await shared_.epochs().newer_than(record_.epoch);
  if (newer && *newer) co_return fail(fenced_by(**newer));
  co_return fail(log.error());
}

// Only once the epoch is ours: whatever an older writer acknowledged, it had synced before our epoch's file was there to be seen.
Task<Result<kj::Own<LocalLog>>> SharedTakeover::take_over(SharedEpochFile& file) {
  CO_ASSIGN_OR_RETURN(predecessor_, co_await find_predecessor(shared_, record_.epoch));
  base_ = LogStart{shared_.origin(), shared_.configuration()};
  record_.start = base_.position;
  if (predecessor_) {
    base_ = LogStart{predecessor_->finalized_end(), predecessor_->log_start.configuration};
    record_.start = predecessor_->start();
  }
  record_.base = base_.position;
  CO_TRY(co_await file.store(record_));
  CO_ASSIGN_OR_RETURN(kj::Own<LocalLog> log, co_await create_log());
  if (predecessor_) CO_TRY(co_await copy_unfinished(*log));
  co_return kj::mv(log);
}

Error SharedTakeover::fenced_by(Epoch newer) const {
  return {ErrorCode::kFenced,
          fmt::format("{}: another process took epoch {} while this one took {}", shared_.path(), newer.value, record_.epoch.value)};
}

Task<Result<kj::Own<SharedEpochFile>>> SharedTakeover::claim() {
  for (int attempt = 0; attempt < kSharedLooks; ++attempt) {
    CO_ASSIGN_OR_RETURN(const std::vector<Epoch> epochs, co_await shared_.epochs().list());
    record_ = SharedEpochRecord();
    record_.namespace_id = shared_.namespace_id();
    record_.lineage = shared_.lineage();
    record_.epoch = Epoch{epochs.empty() ? 1 : epochs.back().value + 1};
    record_.writer = writer_;
    auto file = co_await shared_.epochs().claim(record_.epoch);
    if (!file && file.error().code() == ErrorCode::kExists) continue;
    if (!file) co_return fail(file.error());
    // An old list may have led us to a number that was used, and purged, before.
    CO_ASSIGN_OR_RETURN(const std::optional<Epoch> newer, co_await shared_.epochs().newer_than(record_.epoch));
    if (!newer) co_return kj::mv(*file);
    co_return fail(fenced_by(*newer));
  }
  co_return fail(ErrorCode::kFenced, fmt::format("{}: other processes take one epoch after the other", shared_.path()));
}

Task<Result<kj::Own<LocalLog>>> SharedTakeover::create_log() {
  auto directory = co_await shared_.create_log(record_.epoch);
  if (!directory) co_return fail(directory.error());
  SlotState state;
  state.namespace_id = shared_.namespace_id();
  state.lineage = shared_.lineage();
  state.disk_id = writer_;
  state.start = base_;
  state.mark = base_.position;
  CO_TRY(co_await LocalLog::format(shared_.seams(), **directory, std::move(state)));
  auto log = co_await LocalLog::open(shared_.seams(), kj::mv(*directory), options_, shared_.namespace_id());
  if (!log) co_return fail(log.error());
  CO_TRY(co_await (*log)->promise(record_.epoch, writer_));
  co_return kj::mv(*log);
}

Task<Result<void>> SharedTakeover::copy_unfinished(LocalLog& log) {
  for (const auto& segment : predecessor_->plan.segments) {
    Result<void> copied = ok();
    if (const auto* finalized = std::get_if<FinalSegment>(&segment)) {
      if (finalized->last.txid > log.end().txid)
        copied = co_await copy_segment(log, finalized->header.first(), finalized->last, finalized->frames_end);
    } else {
      const SegmentContents& contents = std::get<OpenSegment>(segment).scan.contents;
      copied = co_await copy_segment(log, contents.first(), contents.last(), contents.end());
    }
    if (!copied) co_return fail(copied.error().within(fmt::format("copying the end of epoch {}", predecessor_->record.epoch.value)));
  }
  co_return ok();
}

Task<Result<void>> SharedTakeover::copy_segment(LocalLog& log, TxId first, LogPosition last, std::uint64_t frames_end) {
  CO_ASSIGN_OR_RETURN(kj::Own<File> file, co_await open_segment(first));
  SegmentRange range;
  range.namespace_id = shared_.namespace_id();
  range.lineage = shared_.lineage();
  range.end_offset = frames_end;
  range.before = {log.end().txid, log.end().epoch, log.end().digest};
  SegmentReader reader(*file, range);
  // A segment larger than ours are holds a frame that is: it gets its size from what comes with its first frame.
  const bool at_once = frames_end - kFramesOffset > log.new_segment_space();
  std::vector<FramePtr> frames;
  while (true) {
    CO_ASSIGN_OR_RETURN(const auto views, co_await reader.next());
    for (const FrameView& view : views) frames.push_back(frame_of(view));
    if (!views.empty() && at_once) continue;
    if (!frames.empty()) CO_TRY(co_await log.append(frames));
    frames.clear();
    if (views.empty()) break;
  }
  if (log.end() != last)
    co_return fail(ErrorCode::kDamaged, fmt::format("copying {}: read differently a second time: {}", file->path(), reader.stop()->text));
  co_return ok();
}

// Under whatever name: its writer may be finalizing it.
Task<Result<kj::Own<File>>> SharedTakeover::open_segment(TxId first) {
  for (int attempt = 1;; ++attempt) {
    CO_ASSIGN_OR_RETURN(const auto names, co_await predecessor_->directory->list());
    const std::vector<SegmentName> segments = survey(names).segments;
    const auto found = std::find_if(segments.begin(), segments.end(), [first](const SegmentName& name) { return name.first == first; });
    Error error(ErrorCode::kNotFound,
                fmt::format("{}: the segment that begins at txid {} is gone", predecessor_->directory->path(), first.value));
    if (found != segments.end()) {
      auto file = co_await predecessor_->directory->open(file_name(*found), {});
      if (file) co_return kj::mv(*file);
      error = file.error();
    }
    if (error.code() != ErrorCode::kNotFound || attempt == kSharedLooks) co_return fail(error);
  }
}

}  // namespace varve
