#include "editlog/segment_mender.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/digest.h"
#include "base/result.h"
#include "editlog/configuration_history.h"
#include "editlog/segment_names.h"
#include "editlog/set_aside.h"

namespace varve {
namespace {

std::string temporary_name(std::size_t number) {
  return fmt::format("edits_mended_{}{}", number + 1, kTemporarySuffix);
}

}  // namespace

Error SegmentMender::refusal(std::string_view why) const {
  return Error(ErrorCode::kRefused,
               fmt::format("mending txids {} to {} of {}: {}", range_.first.value, range_.last.txid.value, directory_.path(), why));
}

Task<Result<void>> SegmentMender::write(LogReader& good) {
  while (!whole()) {
    auto frames = co_await good.next();
    if (!frames) co_return fail(refusal(frames.error().text()));
    if (frames->empty()) co_return fail(refusal(fmt::format("the good frames end before txid {}", chain_.next_txid().value)));
    for (const FrameView& frame : *frames) {
      if (whole()) break;
      if (const auto why = objection(frame)) co_return fail(refusal(*why));
      CO_TRY(co_await take(frame));
    }
  }
  co_return co_await finish_segment();
}

std::optional<std::string> SegmentMender::objection(const FrameView& frame) const {
  const FrameHeader& header = *frame.header;
  if (const auto defect = check_header(header, namespace_id_)) return std::string(to_string(*defect));
  if (auto chain = chain_.objection(header)) return chain;
  const Bytes padded_body = frame.bytes().subspan(sizeof(FrameHeader));
  if (digest_of(padded_body) != header.body || !padded_body_is_well_formed(header, padded_body))
    return fmt::format("the body of txid {} is not what its header says", header.first_txid);
  if (mended_.empty() && !header.rolls()) return "the first frame does not open a segment";
  if (header.last() > range_.last.txid) return fmt::format("a frame ends at txid {}", header.last().value);
  if (header.last() < range_.last.txid) return std::nullopt;
  if (header.self != range_.last.digest || Epoch{header.epoch} > range_.last.epoch)
    return fmt::format("expected {} at the end, found {}", to_hex(range_.last.digest), to_hex(header.self));
  return std::nullopt;
}

Task<Result<void>> SegmentMender::take(FrameView frame) {
  if (frame.header->rolls()) {
    CO_TRY(co_await finish_segment());
    CO_TRY(co_await begin_segment(*frame.header));
  }
  MendedSegment& segment = mended_.back();
  std::vector<Bytes> pieces{frame.bytes()};
  CO_TRY(co_await file_->write(segment.contents.end(), std::move(pieces)));
  segment.contents.add(*frame.header);
  segment.ends.push_back({frame.header->position(), segment.contents.end()});
  if (auto configuration = configuration_in(*frame.header, frame.body)) segment.configurations.push_back(*std::move(configuration));
  chain_.advance(*frame.header);
  co_return ok();
}

Task<Result<void>> SegmentMender::begin_segment(FrameHeader first) {
  const SegmentHeader header = make_segment_header(namespace_id_, lineage_, first.first(), first.previous);
  MendedSegment segment{.contents = SegmentContents(header)};
  segment.temporary_name = temporary_name(mended_.size());
  mended_.push_back(std::move(segment));
  auto removed = co_await directory_.remove(mended_.back().temporary_name);
  if (!removed && removed.error().code() != ErrorCode::kNotFound) co_return removed;
  CO_ASSIGN_OR_RETURN(file_, co_await directory_.create(mended_.back().temporary_name));
  AlignedBuffer head(kFramesOffset);
  std::memset(head.data(), 0, kFramesOffset);
  std::memcpy(head.data(), &header, sizeof(header));
  std::vector<Bytes> pieces{std::as_const(head).span(0, kFramesOffset)};
  co_return co_await file_->write(0, std::move(pieces));
}

Task<Result<void>> SegmentMender::finish_segment() {
  if (mended_.empty()) co_return ok();
  MendedSegment& segment = mended_.back();
  const SegmentContents& contents = segment.contents;
  segment.finalized = finalized_;
  if (finalized_) {
    segment.name = finalized_name(contents.first(), contents.last().txid);
    segment.bytes = contents.end() + contents.footer_bytes();
    const AlignedBuffer footer = contents.footer();
    std::vector<Bytes> pieces{footer.span(0, contents.footer_bytes())};
    CO_TRY(co_await file_->write(contents.end(), std::move(pieces)));
  } else {
    segment.name = in_progress_name(contents.first());
    segment.bytes = std::max(file_bytes_, segment_file_bytes(contents.frame_bytes()));
    CO_TRY(co_await write_room(contents.end(), segment.bytes));
  }
  co_return co_await file_->sync();
}

// What a segment that grows has behind its frames, and the record of it.
Task<Result<void>> SegmentMender::write_room(std::uint64_t frames_end, std::uint64_t file_bytes) {
  CO_TRY(co_await file_->preallocate(file_bytes));
  const std::uint64_t salt = seams_.random.next();
  AlignedBuffer block(kBlockBytesMax);
  for (std::uint64_t offset = frames_end; offset < file_bytes; offset += kBlockBytesMax) {
    const MutableBytes bytes = block.span(0, std::min<std::uint64_t>(kBlockBytesMax, file_bytes - offset));
    fill_unwritten(namespace_id_, salt, offset, bytes);
    std::vector<Bytes> pieces{bytes};
    CO_TRY(co_await file_->write(offset, std::move(pieces)));
  }
  const PreallocationRecord record = make_preallocation_record(namespace_id_, salt, file_bytes);
  std::memcpy(block.data(), &record, sizeof(record));
  std::vector<Bytes> pieces{std::as_const(block).span(0, sizeof(record))};
  co_return co_await file_->write(kPreallocationOffset, std::move(pieces));
}

Task<void> SegmentMender::discard() {
  for (const MendedSegment& segment : mended_) {
    auto removed = co_await directory_.remove(segment.temporary_name);
    (void)removed;  // what stays is removed by the next open
  }
}

// The names aside are durable before others take their place, or a crash might leave neither.
Task<Result<void>> SegmentMender::put_in_place(std::vector<std::string> old_files) {
  for (const std::string& name : old_files) CO_TRY(co_await keep_aside(name));
  CO_TRY(co_await directory_.sync());
  for (const MendedSegment& segment : mended_) CO_TRY(co_await directory_.rename(segment.temporary_name, segment.name));
  co_return co_await directory_.sync();
}

// One whose name is taken over is copied, so that a crash never finds it missing; unless the disk does not give its bytes back.
Task<Result<void>> SegmentMender::keep_aside(std::string name) {
  if (std::ranges::find(mended_, name, &MendedSegment::name) != mended_.end()) {
    auto copied = co_await copy_aside(directory_, name);
    if (copied || copied.error().code() != ErrorCode::kIo) co_return copied;
  }
  co_return co_await set_aside(directory_, std::move(name));
}

}  // namespace varve
