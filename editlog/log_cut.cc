#include "editlog/log_cut.h"

#include <algorithm>

#include "base/check.h"
#include "base/result.h"
#include "editlog/directory_survey.h"

namespace varve {

LogCut::LogCut(Directory& directory, SegmentList& segments, SegmentPreparer& preparer, LogPosition to, std::shared_ptr<LogSegment> holding,
               std::uint64_t end_offset)
    : directory_(directory), segments_(segments), preparer_(preparer), to_(to), holding_(std::move(holding)) {
  if (!holding_) return;
  CHECK(!holding_->finalized() || holding_->last == to, to.txid.value, holding_->last.txid.value);
  kept_ = {holding_->header, end_offset, to};
}

Task<Result<void>> LogCut::prepare(std::uint64_t usual_bytes) {
  if (!copies()) co_return ok();
  const std::uint64_t least = segment_file_bytes(kept_.bytes());
  std::vector<std::uint64_t> sizes{std::max(usual_bytes, least)};
  auto taken = co_await preparer_.take(std::move(sizes));
  if (taken) {
    prepared_ = kj::mv(taken->front());
    co_return ok();
  }
  if (taken.error().code() != ErrorCode::kNoSpace) co_return fail(taken.error());
  CO_ASSIGN_OR_RETURN(prepared_, co_await preparer_.take_reserved(least));
  co_return ok();
}

void LogCut::take_back() {
  dropped_ = segments_.cut(to_.txid);
  if (!copies()) return;
  holding_->last = kept_.last;
  holding_->durable_end = kept_.end_offset;
}

// Always a copy: behind the frames of a segment that was rolled there may be sectors of a footer.
Task<Result<void>> LogCut::shorten() {
  CO_TRY(co_await remove_segment_files(directory_, std::move(dropped_)));
  if (!copies()) co_return ok();
  auto copied = std::make_shared<LogSegment>();
  copied->header = holding_->header;
  copied->last = kept_.last;
  copied->durable_end = kept_.end_offset;
  CO_ASSIGN_OR_RETURN(copied->writer, co_await copy_segment(directory_, holding_->writer->file(), kept_, *kj::mv(prepared_)));
  copied->bytes = copied->writer->file_bytes();
  copied->visible_end = holding_->visible_end;
  segments_.replace_newest(std::move(copied));
  co_return ok();
}

Task<Result<void>> remove_segment_files(Directory& directory, std::vector<std::shared_ptr<LogSegment>> segments) {
  for (const auto& segment : segments) {
    const std::vector<std::string> names = segment->files();
    for (const std::string& name : names) {
      auto removed = co_await directory.remove(name);
      if (!removed && removed.error().code() != ErrorCode::kNotFound) co_return removed;
    }
  }
  co_return co_await directory.sync();
}

}  // namespace varve
