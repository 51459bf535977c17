#include "editlog/frame.h"

#include <utility>

#include "base/check.h"
#include "editlog/txid_limit.h"

namespace varve {
namespace {

bool is_known_kind(std::uint8_t kind) {
  switch (static_cast<FrameKind>(kind)) {
    case FrameKind::kData:
    case FrameKind::kSegmentStart:
    case FrameKind::kEpochStart:
    case FrameKind::kConfiguration:
      return true;
  }
  return false;
}

// What a writer never writes, digest or not.
bool fields_are_sound(const FrameHeader& header) {
  const bool control = header.frame_kind() != FrameKind::kData;
  const bool roll_fits = header.rolls() == (header.frame_kind() == FrameKind::kSegmentStart);
  const std::uint64_t room_for_txids = header.first_txid <= kTxidMax ? kTxidMax - header.first_txid + 1 : 0;
  return is_known_kind(header.kind) && (header.flags & ~kFrameFlagRoll) == 0 && roll_fits && header.reserved == 0 &&
         header.transactions >= 1 && (!control || header.transactions == 1) && header.body_bytes % 8 == 0 &&
         header.body_bytes >= transaction_space(0) * header.transactions && header.body_bytes <= kBodyBytesLimit && header.epoch >= 1 &&
         header.first_txid >= 1 && header.transactions <= room_for_txids && header.committed < header.first_txid;
}

}  // namespace

Digest FrameHeader::compute_self() const {
  return digest_of(bytes_of(*this).first(sizeof(FrameHeader) - sizeof(Digest)));
}

std::optional<HeaderDefect> check_header(const FrameHeader& header, Uuid namespace_id) {
  if (header.magic != kFrameMagic) return HeaderDefect::kNotAFrame;
  if (header.self != header.compute_self()) return HeaderDefect::kDigest;
  if (header.layout > kFrameLayout) return HeaderDefect::kNewerLayout;
  if (header.namespace_id != namespace_id) return HeaderDefect::kForeign;
  if (header.layout != kFrameLayout || !fields_are_sound(header)) return HeaderDefect::kFields;
  return std::nullopt;
}

std::string_view to_string(HeaderDefect defect) {
  switch (defect) {
    case HeaderDefect::kNotAFrame:
      return "no frame begins here";
    case HeaderDefect::kDigest:
      return "the frame header's digest does not hold";
    case HeaderDefect::kNewerLayout:
      return "the frame was written by a newer Varve";
    case HeaderDefect::kForeign:
      return "the frame is of another namespace";
    case HeaderDefect::kFields:
      return "the frame header's fields contradict each other";
  }
  return "unknown";
}

bool body_is_well_formed(const FrameHeader& header, Bytes body) {
  std::uint32_t found = 0;
  while (!body.empty()) {
    if (body.size() < 8) return false;
    const auto length = load_as<std::uint32_t>(body);
    const auto zero = load_as<std::uint32_t>(body.subspan(4));
    const std::uint64_t space = transaction_space(length);
    if (zero != 0 || length > kTransactionBytesLimit || space > body.size()) return false;
    if (!all_zero(body.subspan(8 + length, space - 8 - length))) return false;
    body = body.subspan(space);
    ++found;
  }
  return found == header.transactions;
}

bool padded_body_is_well_formed(const FrameHeader& header, Bytes padded_body) {
  return body_is_well_formed(header, padded_body.first(header.body_bytes)) && all_zero(padded_body.subspan(header.body_bytes));
}

namespace {

std::uint64_t frame_bytes_of(std::uint64_t body_bytes) {
  return round_up(sizeof(FrameHeader) + body_bytes, kSectorBytes);
}

}  // namespace

FrameBuilder::FrameBuilder(std::uint64_t body_capacity)
    : FrameBuilder(std::make_shared<AlignedBuffer>(frame_bytes_of(body_capacity)), body_capacity) {}

FrameBuilder::FrameBuilder(BufferCache& cache, std::uint64_t body_capacity)
    : FrameBuilder(cache.take(frame_bytes_of(body_capacity)), body_capacity) {}

FrameBuilder::FrameBuilder(std::shared_ptr<AlignedBuffer> buffer, std::uint64_t body_capacity)
    : buffer_(std::move(buffer)), body_capacity_(body_capacity) {
  CHECK(body_capacity <= kBodyBytesLimit, body_capacity);
}

void FrameBuilder::add(Bytes transaction) {
  CHECK(fits(transaction.size()), transaction.size(), body_bytes_, body_capacity_);
  const std::uint64_t space = transaction_space(transaction.size());
  std::byte* place = buffer_->data() + sizeof(FrameHeader) + body_bytes_;
  const std::uint64_t length = transaction.size();  // the second word is zero, since no transaction reaches 4 GiB
  std::memset(place + space - 8, 0, 8);
  std::memcpy(place, &length, sizeof(length));
  if (!transaction.empty()) std::memcpy(place + 8, transaction.data(), transaction.size());
  body_bytes_ += space;
  ++transactions_;
}

FramePtr FrameBuilder::seal(const FrameSeal& seal) && {
  CHECK(transactions_ >= 1);
  FrameHeader header;
  header.kind = static_cast<std::uint8_t>(seal.kind);
  header.flags = seal.roll ? kFrameFlagRoll : 0;
  header.transactions = transactions_;
  header.body_bytes = body_bytes_;
  header.epoch = seal.epoch.value;
  header.first_txid = seal.first.value;
  header.committed = seal.committed.value;
  header.wall_us = seal.wall_us;
  header.lineage = seal.lineage;
  header.namespace_id = seal.namespace_id;
  header.previous = seal.previous;
  CHECK(fields_are_sound(header), seal.first.value, seal.epoch.value, seal.committed.value, header.kind, header.flags, transactions_);

  const std::uint64_t used = sizeof(FrameHeader) + body_bytes_;
  std::memset(buffer_->data() + used, 0, header.frame_bytes() - used);
  header.body = digest_of(buffer_->span(sizeof(FrameHeader), header.frame_bytes() - sizeof(FrameHeader)));
  header.self = header.compute_self();
  std::memcpy(buffer_->data(), &header, sizeof(header));
  const std::byte* data = buffer_->data();
  return std::make_shared<const Frame>(std::move(buffer_), data);
}

}  // namespace varve
