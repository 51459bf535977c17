#include "editlog/local_log_reader.h"

#include <fmt/format.h>

#include "base/check.h"
#include "base/result.h"
#include "editlog/directory_survey.h"
#include "editlog/local_log.h"
#include "editlog/segment_file.h"

namespace varve {

Task<Result<std::vector<FrameView>>> LocalLogReader::do_next() {
  CO_TRY(notice_cut());
  while (next_ <= bound()) {
    if (segment_ && segment_->replaced) leave_segment();
    if (!segment_) CO_TRY(co_await enter_segment());
    if (readable_end() > end_offset_) reader_->extend(end_offset_ = readable_end());
    CO_ASSIGN_OR_RETURN(std::vector<FrameView> frames, co_await reader_->next());
    if (was_cut()) {
      CO_TRY(notice_cut());
      continue;
    }
    if (frames.empty() && !(reader_->stop()->kind == SegmentStop::Kind::kEnd && at_end_of_segment())) co_return fail(stopped());
    std::erase_if(frames, [this](const FrameView& frame) { return frame.header->last() < next_; });
    if (!frames.empty()) {
      before_ = frames.back().header->position();
      next_ = before_->txid.next();
    }
    if (at_end_of_segment()) leave_segment();
    if (!frames.empty()) co_return frames;
  }
  co_return std::vector<FrameView>();
}

TxId LocalLogReader::bound() const {
  return bound_ == ReadBound::kCommitted ? log_.committed().txid : log_.end().txid;
}

std::uint64_t LocalLogReader::readable_end() const {
  return bound_ == ReadBound::kCommitted ? segment_->visible_end : segment_->durable_end;
}

// What stands below the cut is read again from where it stands now.
Result<void> LocalLogReader::notice_cut() {
  if (!was_cut()) return ok();
  const TxId cut = segments_.lowest_cut_since(cuts_seen_);
  if (next_ > cut.next())
    return fail(ErrorCode::kNotFound,
                fmt::format("reading the log from txid {}: it was cut at txid {} while it was read; read again from there", next_.value,
                            cut.value));
  cuts_seen_ = segments_.cuts();
  leave_segment();
  return ok();
}

// Only the newest segment grows, so the last frame of an older one is its end.
bool LocalLogReader::at_end_of_segment() const {
  return reader_->next_txid() > segment_->last.txid && segment_->last.txid < log_.end().txid;
}

void LocalLogReader::leave_segment() {
  reader_.reset();
  file_.reset();
  segment_.reset();
}

Task<Result<void>> LocalLogReader::enter_segment() {
  auto segment = segments_.find(next_);
  if (!segment) co_return fail(purged());
  if (!segment->readable())
    co_return fail(ErrorCode::kDamaged, fmt::format("reading the log from txid {}: {}", next_.value, segment->damage->what));
  IndexEntry entry{segment->header.first_txid, kFramesOffset};
  if (segment->finalized()) {
    auto opened = co_await open_finalized(*segment);
    if (!opened) {
      if (next_ <= log_.start().position.txid) co_return fail(purged());
      co_return fail(opened.error());
    }
    entry = *opened;
  } else {
    file_ = segment->writer->share_file();
    entry = find_in_index(segment->writer->contents().index(), next_);
  }
  const SegmentHeader header = segment->header;
  SegmentRange range;
  range.namespace_id = header.namespace_id;
  range.lineage = header.lineage;
  range.offset = entry.offset;
  segment_ = std::move(segment);
  range.end_offset = end_offset_ = std::max(readable_end(), entry.offset);
  range.before = {TxId{entry.first_txid}.previous(), Epoch{}, std::nullopt};
  if (entry.offset == kFramesOffset) range.before.digest = header.previous;
  if (before_ && before_->txid == range.before.txid) range.before = {before_->txid, before_->epoch, before_->digest};
  reader_.emplace(*file_, range, cache_);
  co_return ok();
}

// The file as it was when the log was opened, or as this log finalized it; where to begin in it.
Task<Result<IndexEntry>> LocalLogReader::open_finalized(const LogSegment& segment) {
  const SegmentHeader expected = segment.header;
  CO_ASSIGN_OR_RETURN(kj::Own<File> file, co_await directory_.open(file_name(segment.name()), {.direct = direct_}));
  CO_ASSIGN_OR_RETURN(const SegmentHead head, co_await read_segment_head(*file, expected.namespace_id));
  if (head.header.self != expected.self)
    co_return fail(ErrorCode::kDamaged, fmt::format("reading {}: its header is not the one that was there when the log was opened; verify "
                                                    "the directory with `varve log verify`",
                                                    file->path()));
  IndexEntry entry{expected.first_txid, kFramesOffset};
  if (next_ > expected.first()) {
    CO_ASSIGN_OR_RETURN(const SegmentFooter footer, co_await read_segment_footer(*file, head));
    entry = find_in_index(footer.index, next_);
  }
  auto owner = std::make_shared<kj::Own<File>>(kj::mv(file));
  file_ = std::shared_ptr<File>(owner, owner->get());
  co_return entry;
}

Error LocalLogReader::purged() const {
  return Error(ErrorCode::kNotFound, fmt::format("reading the log from txid {}: purged, it starts behind txid {}; load an image first",
                                                 next_.value, log_.start().position.txid.value));
}

Error LocalLogReader::stopped() const {
  const SegmentStop& stop = *reader_->stop();
  return Error(ErrorCode::kDamaged, fmt::format("reading the log from txid {}: {}", next_.value, stop.text));
}

}  // namespace varve
