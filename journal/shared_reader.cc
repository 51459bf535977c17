#include "journal/shared_reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/result.h"
#include "editlog/directory_survey.h"
#include "editlog/segment_file.h"
#include "journal/history_reader.h"

namespace varve {
namespace {

// A file may be renamed, or its epoch's directory purged, between looking and opening: so often before it is believed to be gone or
// damaged.
constexpr int kReadAttempts = 4;

// Where to begin in a segment whose index is known.
SegmentRange range_from(const SegmentHeader& header, IndexEntry entry, std::uint64_t frames_end) {
  SegmentRange range;
  range.namespace_id = header.namespace_id;
  range.lineage = header.lineage;
  range.offset = entry.offset;
  range.end_offset = frames_end;
  range.before = {TxId{entry.first_txid}.previous(), Epoch{}, std::nullopt};
  if (entry.offset == kFramesOffset) range.before.digest = header.previous;
  return range;
}

}  // namespace

SharedReader::SharedReader(SharedDirectory& shared, std::shared_ptr<SharedReign> reign, After after)
    : shared_(shared), reign_(std::move(reign)), tail_(after), given_(after.txid) {}

Task<Result<std::vector<FrameView>>> SharedReader::do_next() {
  for (int attempt = 1;; ++attempt) {
    auto frames = co_await try_next();
    if (frames) co_return kj::mv(frames);
    forget();
    const ErrorCode code = frames.error().code();
    if ((code != ErrorCode::kNotFound && code != ErrorCode::kDamaged) || attempt == kReadAttempts) co_return kj::mv(frames);
  }
}

Task<Result<std::vector<FrameView>>> SharedReader::try_next() {
  bool looked = false;
  while (true) {
    std::vector<FrameView> frames = take_committed();
    if (!frames.empty()) co_return kj::mv(frames);
    if (source_) {
      CO_ASSIGN_OR_RETURN(const bool more, co_await read_source());
      if (more) {
        looked = false;
        continue;
      }
      if (looked && tail_.txid < committed_)
        co_return fail(ErrorCode::kDamaged, fmt::format("reading {} behind txid {}, which is committed up to {}: {}", shared_.path(),
                                                        tail_.txid.value, committed_.value, source_->reader->stop()->text));
      CO_TRY(leave_source());
      if (looked) break;
    }
    CO_ASSIGN_OR_RETURN(const bool changed, co_await refresh());
    if (changed) continue;
    CO_ASSIGN_OR_RETURN(const bool entered, co_await enter());
    if (!entered) break;
    looked = true;
  }
  co_return std::vector<FrameView>();
}

std::vector<FrameView> SharedReader::take_committed() {
  std::vector<FrameView> frames;
  while (!held_.empty() && held_.front().header->last() <= committed_) {
    frames.push_back(std::move(held_.front()));
    held_.pop_front();
  }
  if (!frames.empty()) given_ = frames.back().header->last();
  return frames;
}

// False: there is nothing more in it now.
Task<Result<bool>> SharedReader::read_source() {
  CO_ASSIGN_OR_RETURN(std::vector<FrameView> frames, co_await source_->reader->next());
  if (frames.empty()) co_return false;
  CO_TRY(take(std::move(frames)));
  co_return true;
}

Result<void> SharedReader::take(std::vector<FrameView> frames) {
  for (FrameView& frame : frames) {
    const FrameHeader& header = *frame.header;
    committed_ = std::max(committed_, TxId{header.committed});
    if (header.last() <= tail_.txid) continue;
    if (tail_.digest && (header.previous != *tail_.digest || header.first() != tail_.txid.next()))
      return fail(other_history({tail_.txid, Epoch{}, *tail_.digest}, header.previous));
    tail_ = {header.last(), header.self};
    held_.push_back(std::move(frame));
  }
  return ok();
}

Result<void> SharedReader::leave_source() {
  const SegmentReader& reader = *source_->reader;
  if (!source_->grows && reader.stop()->kind != SegmentStop::Kind::kEnd)
    return fail(ErrorCode::kDamaged, fmt::format("reading the log from txid {}: {}", tail_.txid.value + 1, reader.stop()->text));
  progress_.reset();
  if (source_->grows && reader.offset() > kFramesOffset)
    progress_ = Progress{source_->epoch, source_->first, reader.offset(), reader.position()};
  source_.reset();
  return ok();
}

// What was read of epochs that are not the newest any more, and is not committed, may never be.
void SharedReader::forget() {
  if (!held_.empty()) {
    const FrameHeader& first = *held_.front().header;
    tail_ = {given_, std::nullopt};
    if (first.first() == given_.next()) tail_.digest = first.previous;
  }
  held_.clear();
  source_.reset();
  progress_.reset();
  older_.reset();
  tip_.reset();
}

// True: there may be something to give out now.
Task<Result<bool>> SharedReader::refresh() {
  CO_ASSIGN_OR_RETURN(const std::vector<SharedEpochRecord> records, co_await shared_.epochs().read_all());
  std::optional<SharedEpochRecord> tip;
  for (const SharedEpochRecord& record : records)
    if (record.active() && record.namespace_id == shared_.namespace_id()) tip = record;
  if (reign_ && (!tip || tip->epoch <= reign_->epoch()) && reign_->record().active()) {
    tip = reign_->record();
    tip->committed = reign_->log().committed();
  }
  if (!tip) co_return false;
  if (tip_ && tip_->epoch != tip->epoch) forget();
  tip_ = tip;
  committed_ = std::max(committed_, tip->committed.txid);
  co_return !held_.empty() && held_.front().header->last() <= committed_;
}

// Opens what holds the frame behind tail_. False: nothing does yet.
Task<Result<bool>> SharedReader::enter() {
  if (!tip_) co_return false;
  if (tail_.txid < tip_->start.txid) co_return fail(purged());
  if (tail_.txid >= tip_->base.txid) co_return co_await enter_own();
  CO_TRY(co_await enter_older());
  co_return true;
}

Task<Result<void>> SharedReader::enter_older() {
  if (!older_) {
    CO_ASSIGN_OR_RETURN(older_, co_await find_history(shared_, *tip_));
  }
  const TxId wanted = tail_.txid.next();
  if (older_->empty() || older_->front().name.first > wanted) co_return fail(purged());
  const SharedSegment segment = *std::find_if(older_->begin(), older_->end(), [wanted](const auto& s) { return s.last.txid >= wanted; });
  CO_ASSIGN_OR_RETURN(kj::Own<Directory> directory, co_await shared_.open_log(segment.epoch));
  CO_ASSIGN_OR_RETURN(kj::Own<File> file, co_await directory->open(file_name(segment.name), {}));
  IndexEntry entry{segment.header.first_txid, kFramesOffset};
  if (segment.name.last && wanted > segment.name.first) {
    CO_ASSIGN_OR_RETURN(const SegmentHead head, co_await read_segment_head(*file, shared_.namespace_id()));
    CO_ASSIGN_OR_RETURN(const SegmentFooter footer, co_await read_segment_footer(*file, head));
    entry = find_in_index(footer.index, wanted);
  }
  source_.emplace();
  source_->epoch = segment.epoch;
  source_->first = segment.name.first;
  source_->grows = false;
  source_->file = kj::mv(file);
  source_->reader.emplace(*source_->file, range_from(segment.header, entry, segment.frames_end), cache_);
  co_return ok();
}

Task<Result<bool>> SharedReader::enter_own() {
  const TxId wanted = tail_.txid.next();
  CO_ASSIGN_OR_RETURN(kj::Own<Directory> directory, co_await shared_.open_log(tip_->epoch));
  CO_ASSIGN_OR_RETURN(const auto names, co_await directory->list());
  std::optional<SegmentName> name;
  for (const SegmentName& segment : survey(names).segments)
    if (segment.first <= wanted && (!name || segment.first > name->first)) name = segment;
  if (!name && wanted <= committed_) co_return fail(purged());
  if (!name) co_return false;
  CO_ASSIGN_OR_RETURN(kj::Own<File> file, co_await directory->open(file_name(*name), {}));
  CO_ASSIGN_OR_RETURN(const SegmentHead head, co_await read_segment_head(*file, shared_.namespace_id()));
  IndexEntry entry{head.header.first_txid, kFramesOffset};
  std::uint64_t frames_end = std::max(kFramesOffset, round_down(head.file_bytes, kSectorBytes));
  if (name->last) {
    CO_ASSIGN_OR_RETURN(const SegmentFooter footer, co_await read_segment_footer(*file, head));
    entry = find_in_index(footer.index, std::min(wanted, *name->last));
    frames_end = footer.trailer.frames_end;
  }
  SegmentRange range = range_from(head.header, entry, frames_end);
  if (head.preallocation) range.salt = head.preallocation->salt;
  if (progress_ && progress_->epoch == tip_->epoch && progress_->first == name->first) {
    range.offset = progress_->offset;
    range.before = {progress_->before.txid, progress_->before.epoch, progress_->before.digest};
  }
  source_.emplace();
  source_->epoch = tip_->epoch;
  source_->first = name->first;
  source_->grows = !name->last;
  source_->file = kj::mv(file);
  source_->reader.emplace(*source_->file, range, cache_);
  co_return true;
}

Error SharedReader::purged() const {
  return Error(ErrorCode::kNotFound, fmt::format("reading the log behind txid {}: purged, it starts behind txid {}; load an image first",
                                                 tail_.txid.value, tip_->start.txid.value));
}

}  // namespace varve
