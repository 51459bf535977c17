// Of the log.
#include <optional>

#include "editlog/frame.h"
#include "editlog/segment_format.h"
#include "editlog/slots.h"
#include "tests/fuzz/reseal.h"

namespace varve::fuzz {

namespace {

// The frame at the front, made to follow `previous`; its size, when it is whole.
std::optional<std::uint64_t> reseal_next(MutableBytes rest, const SegmentHeader& segment, Digest previous, Digest& self) {
  if (rest.size() < sizeof(FrameHeader)) return std::nullopt;
  auto header = load_as<FrameHeader>(rest);
  if (header.magic != kFrameMagic || header.body_bytes > rest.size() || header.frame_bytes() > rest.size()) return std::nullopt;
  header.namespace_id = segment.namespace_id;
  header.lineage = segment.lineage;
  header.previous = previous;
  header.body = digest_of(rest.subspan(sizeof(FrameHeader), header.frame_bytes() - sizeof(FrameHeader)));
  header.self = self = header.compute_self();
  store_as(rest, header);
  return header.frame_bytes();
}

void reseal_trailer(MutableBytes file, const SegmentHeader& segment) {
  const MutableBytes place = file.last(sizeof(SegmentTrailer));
  auto trailer = load_as<SegmentTrailer>(place);
  if (trailer.magic != SegmentTrailer{}.magic) return;
  trailer.namespace_id = segment.namespace_id;
  trailer.lineage = segment.lineage;
  const std::uint64_t index_end = file.size() - sizeof(SegmentTrailer);
  if (trailer.frames_end <= index_end) trailer.index = digest_of(file.subspan(trailer.frames_end, index_end - trailer.frames_end));
  trailer.self = trailer.compute_self();
  store_as(place, trailer);
}

void reseal_preallocation(MutableBytes place, const SegmentHeader& segment) {
  auto record = load_as<PreallocationRecord>(place);
  if (record.magic != PreallocationRecord{}.magic) return;
  record.namespace_id = segment.namespace_id;
  record.self = record.compute_self();
  store_as(place, record);
}

}  // namespace

void reseal_frame(MutableBytes frame) {
  if (frame.size() < sizeof(FrameHeader)) return;
  const auto header = load_as<FrameHeader>(frame);
  SegmentHeader segment;
  segment.namespace_id = header.namespace_id;
  segment.lineage = header.lineage;
  Digest self;
  reseal_next(frame, segment, header.previous, self);
}

void reseal_segment(MutableBytes file) {
  if (file.size() < kFramesOffset) return;
  auto header = load_as<SegmentHeader>(file);
  header.self = header.compute_self();
  store_as(file, header);
  reseal_preallocation(file.subspan(kPreallocationOffset), header);
  Digest previous = header.previous;
  for (std::uint64_t offset = kFramesOffset; const auto bytes = reseal_next(file.subspan(offset), header, previous, previous);)
    offset += *bytes;
  if (file.size() >= kFramesOffset + sizeof(SegmentTrailer)) reseal_trailer(file, header);
}

void reseal_slot(MutableBytes slot) {
  if (slot.size() < kSlotBytes) return;
  const std::size_t digested = kSlotBytes - sizeof(Digest);
  store_as(slot.subspan(digested), digest_of(slot.first(digested)));
}

}  // namespace varve::fuzz
