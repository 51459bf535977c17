#include "journal/stream_head.h"

#include <span>

#include "base/digest.h"

namespace varve {

Digest StreamHead::compute_self() const {
  return digest_of(bytes_of(*this).first(sizeof(StreamHead) - sizeof(Digest)));
}

std::optional<std::string_view> head_defect(const StreamHead& head) {
  if (head.magic != StreamHead::kMagic) return "not a message of Varve";
  if (head.self != head.compute_self()) return "the message head's digest does not hold";
  if (head.version != StreamHead::kVersion) return "the message is of another version of the protocol";
  if (head.kind < static_cast<std::uint16_t>(StreamKind::kOpen) || head.kind > static_cast<std::uint16_t>(StreamKind::kFrames))
    return "the message is of an unknown kind";
  if (head.payload_bytes % kSectorBytes != 0) return "the payload is not whole sectors";
  if (head.control_bytes > head.payload_bytes || head.control_bytes % 8 != 0) return "the control message is longer than its payload";
  if (head.zero != 0 || !all_zero(std::as_bytes(std::span(head.zeros)))) return "reserved bytes are not zero";
  return std::nullopt;
}

}  // namespace varve
