#include "editlog/segment_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/result.h"

namespace varve {
namespace {

constexpr std::size_t kBlocksKept = 4;
// Frames are seldom smaller than this; what a step's vector begins with.
constexpr std::size_t kFramesReserved = 64;

FrameDefect defect_of(HeaderDefect defect) {
  switch (defect) {
    case HeaderDefect::kNotAFrame:
      return FrameDefect::kNotAFrame;
    case HeaderDefect::kDigest:
      return FrameDefect::kHeaderDigest;
    case HeaderDefect::kNewerLayout:
      return FrameDefect::kNewerLayout;
    case HeaderDefect::kForeign:
      return FrameDefect::kForeign;
    case HeaderDefect::kFields:
      return FrameDefect::kFields;
  }
  return FrameDefect::kNotAFrame;
}

}  // namespace

std::string_view to_string(FrameDefect defect) {
  switch (defect) {
    case FrameDefect::kNotAFrame:
      return "no frame begins here";
    case FrameDefect::kHeaderDigest:
      return "the frame header's digest does not hold";
    case FrameDefect::kNewerLayout:
      return "the frame was written by a newer Varve";
    case FrameDefect::kForeign:
      return "the frame is of another namespace";
    case FrameDefect::kFields:
      return "the frame header's fields contradict each other";
    case FrameDefect::kChain:
      return "the frame is not the one that comes next";
    case FrameDefect::kPlace:
      return "the frame does not belong at this place of a segment";
    case FrameDefect::kCutShort:
      return "the file ends inside the frame";
    case FrameDefect::kBodyDigest:
      return "the frame body's digest does not hold";
    case FrameDefect::kBodyForm:
      return "the frame body is not a sequence of transactions";
  }
  return "unknown";
}

std::shared_ptr<BufferCache> SegmentReader::new_cache() {
  return std::make_shared<BufferCache>(kBlocksKept * kBlockBytesMax);
}

SegmentReader::SegmentReader(File& file, SegmentRange range, std::shared_ptr<BufferCache> cache)
    : file_(file),
      range_(range),
      chain_(range.before, range.lineage),
      offset_(range.offset),
      cache_(cache ? std::move(cache) : new_cache()),
      block_{nullptr, range.offset, 0} {
  CHECK(range.offset % kSectorBytes == 0 && range.offset >= kFramesOffset && range.offset <= range.end_offset, range.offset,
        range.end_offset);
}

void SegmentReader::extend(std::uint64_t end_offset) {
  CHECK(end_offset >= range_.end_offset, end_offset, range_.end_offset);
  range_.end_offset = end_offset;
  if (stop_ && stop_->kind == SegmentStop::Kind::kEnd) stop_.reset();
}

Task<Result<std::vector<FrameView>>> SegmentReader::next() {
  CHECK(!under_way_, file_.path());
  if (failure_) co_return fail(*failure_);
  under_way_ = true;
  std::vector<FrameView> views;
  Result<void> read = co_await read_on(views);
  under_way_ = false;
  if (read) co_return views;
  failure_ = read.error();
  co_return fail(std::move(read.error()));
}

Task<Result<void>> SegmentReader::read_on(std::vector<FrameView>& views) {
  while (views.empty() && !stop_) {
    if (offset_ == range_.end_offset) {
      stop_at_end();
    } else if (spanning_) {
      CO_TRY(co_await assemble(views));
    } else if (offset_ == block_.end()) {
      CO_TRY(co_await load_block());
    } else {
      views.reserve(kFramesReserved);
      take_from_block(views);
    }
  }
  co_return ok();
}

// Puts the next block in place, and starts reading the one after it.
Task<Result<void>> SegmentReader::load_block() {
  if (!ahead_) start_ahead();
  CO_TRY(co_await finish_ahead());
  start_ahead();
  co_return ok();
}

void SegmentReader::start_ahead() {
  const std::uint64_t offset = block_.end();
  if (offset >= range_.end_offset) return;
  const std::uint64_t bytes = std::min<std::uint64_t>(kBlockBytesMax, range_.end_offset - offset);
  Block block{cache_->take(bytes), offset, bytes};
  const MutableBytes memory = block.memory->span(0, block.bytes);
  ahead_.emplace(Ahead{std::move(block), file_.read(offset, memory)});
}

// block_ becomes what was read ahead.
Task<Result<void>> SegmentReader::finish_ahead() {
  Result<std::size_t> bytes = co_await kj::mv(ahead_->read);
  if (!bytes) co_return fail(std::move(bytes.error()));
  const std::size_t asked = ahead_->block.bytes;
  block_ = std::move(ahead_->block);
  ahead_.reset();
  block_.bytes = *bytes;
  if (block_.bytes < asked) note_end_of_file(block_.end());
  co_return ok();
}

// The file is shorter than the range. What is there is read first.
void SegmentReader::note_end_of_file(std::uint64_t end_of_file) {
  range_.end_offset = end_of_file;
  file_too_short_ = true;
}

Bytes SegmentReader::rest_of_block() const {
  return std::as_const(*block_.memory).span(offset_ - block_.offset, block_.end() - offset_);
}

// All frames that lie whole in block_.
void SegmentReader::take_from_block(std::vector<FrameView>& views) {
  while (offset_ < block_.end()) {
    const Bytes rest = rest_of_block();
    if (rest.size() < kSectorBytes) return stop_with(FrameDefect::kCutShort, nullptr, "not even a sector is left");
    const auto& header = *reinterpret_cast<const FrameHeader*>(rest.data());
    if (!accept_header(header, rest.first(kSectorBytes))) return;
    if (header.frame_bytes() > rest.size()) {
      spanning_ = header;
      return;
    }
    const Bytes padded_body = rest.subspan(sizeof(FrameHeader), header.frame_bytes() - sizeof(FrameHeader));
    if (!accept_body(header, padded_body, digest_of(padded_body))) return;
    give_out(header, block_.memory, views);
  }
}

// A frame that goes on behind block_, in memory of its own. What is read ahead already is copied, the rest is read straight there.
Task<Result<void>> SegmentReader::assemble(std::vector<FrameView>& views) {
  const FrameHeader header = *std::exchange(spanning_, std::nullopt);
  const std::shared_ptr<AlignedBuffer> memory = cache_->take(header.frame_bytes());
  Bytes rest = rest_of_block();
  std::memcpy(memory->data(), rest.data(), rest.size());
  std::uint64_t have = rest.size();
  DigestStream digest;
  digest.add(rest.subspan(sizeof(FrameHeader)));
  if (ahead_) {
    CO_TRY(co_await finish_ahead());
    rest = std::as_const(*block_.memory).span(0, std::min<std::uint64_t>(block_.bytes, header.frame_bytes() - have));
    std::memcpy(memory->data() + have, rest.data(), rest.size());
    digest.add(rest);
    have += rest.size();
  }
  if (!file_too_short_) CO_TRY(co_await read_straight(memory->span(0, header.frame_bytes()), have, digest));
  const std::uint64_t frame_end = offset_ + header.frame_bytes();
  if (frame_end > range_.end_offset) {
    stop_with(FrameDefect::kCutShort, &header, fmt::format("it goes on to offset {}, the file ends at {}", frame_end, range_.end_offset));
    co_return ok();
  }
  const Bytes padded_body = std::as_const(*memory).span(sizeof(FrameHeader), header.frame_bytes() - sizeof(FrameHeader));
  if (!accept_body(header, padded_body, digest.finish())) co_return ok();
  give_out(*reinterpret_cast<const FrameHeader*>(memory->data()), memory, views);
  if (offset_ > block_.end()) block_ = {nullptr, offset_, 0};
  if (!ahead_) start_ahead();
  co_return ok();
}

// Reads the rest of a frame of which the first `have` bytes are there; one part is digested while the next is read.
Task<Result<void>> SegmentReader::read_straight(MutableBytes frame, std::uint64_t have, DigestStream& digest) {
  Bytes not_digested;
  while (have < frame.size()) {
    const MutableBytes part = frame.subspan(have, std::min<std::uint64_t>(kBlockBytesMax, frame.size() - have));
    kj::Promise<Result<std::size_t>> reading = file_.read(offset_ + have, part);
    digest.add(not_digested);
    Result<std::size_t> bytes = co_await kj::mv(reading);
    if (!bytes) co_return fail(std::move(bytes.error()));
    if (*bytes < part.size()) {
      note_end_of_file(offset_ + have + *bytes);
      co_return ok();
    }
    not_digested = part;
    have += part.size();
  }
  digest.add(not_digested);
  co_return ok();
}

bool SegmentReader::accept_header(const FrameHeader& header, Bytes sector) {
  if (header.magic != kFrameMagic && range_.salt && is_unwritten(range_.namespace_id, *range_.salt, offset_, sector)) {
    stop_at(SegmentStop::Kind::kUnwritten,
            fmt::format("{}: frames end at offset {}, behind txid {}", file_.path(), offset_, next_txid().value - 1));
    return false;
  }
  if (const auto defect = check_header(header, range_.namespace_id)) {
    stop_with(defect_of(*defect), nullptr, "");
  } else if (auto objection = chain_.objection(header)) {
    stop_with(FrameDefect::kChain, &header, *objection);
  } else if (header.rolls() != (offset_ == kFramesOffset)) {
    stop_with(FrameDefect::kPlace, &header,
              header.rolls() ? "it opens a segment in the middle of one" : "the first frame does not open the segment");
  } else if (header.frame_bytes() > range_.end_offset - offset_) {
    stop_with(FrameDefect::kCutShort, &header,
              fmt::format("it goes on to offset {}, but frames end at {}", offset_ + header.frame_bytes(), range_.end_offset));
  } else {
    return true;
  }
  return false;
}

bool SegmentReader::accept_body(const FrameHeader& header, Bytes padded_body, Digest digest) {
  if (digest != header.body) {
    stop_with(FrameDefect::kBodyDigest, &header, fmt::format("expected {}, found {}", to_hex(header.body), to_hex(digest)));
  } else if (!padded_body_is_well_formed(header, padded_body)) {
    stop_with(FrameDefect::kBodyForm, &header, fmt::format("expected {} in {} bytes", header.transactions, header.body_bytes));
  } else {
    return true;
  }
  return false;
}

void SegmentReader::give_out(const FrameHeader& header, std::shared_ptr<const void> keep, std::vector<FrameView>& views) {
  const auto* body = reinterpret_cast<const std::byte*>(&header) + sizeof(FrameHeader);
  views.push_back({&header, {body, header.body_bytes}, std::move(keep)});
  chain_.advance(header);
  offset_ += header.frame_bytes();
}

void SegmentReader::stop_at_end() {
  if (file_too_short_) return stop_with(FrameDefect::kCutShort, nullptr, "the file ends before it");
  stop_at(SegmentStop::Kind::kEnd,
          fmt::format("{}: frames end at offset {}, behind txid {}", file_.path(), offset_, next_txid().value - 1));
}

void SegmentReader::stop_at(SegmentStop::Kind kind, std::string text) {
  stop_ = SegmentStop{.kind = kind, .offset = offset_, .expected = next_txid(), .text = std::move(text)};
}

void SegmentReader::stop_with(FrameDefect defect, const FrameHeader* header, std::string_view detail) {
  stop_at(SegmentStop::Kind::kDefect, fmt::format("reading {}, the frame of txid {} at offset {}: {}{}{}", file_.path(), next_txid().value,
                                                  offset_, to_string(defect), detail.empty() ? "" : ": ", detail));
  stop_->defect = defect;
  if (header != nullptr) stop_->header = *header;
}

}  // namespace varve
