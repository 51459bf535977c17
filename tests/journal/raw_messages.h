// Messages between journal nodes as plain bytes, made by hand: what a test sends that StreamChannel would not.
#pragma once

#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "editlog/frame.h"
#include "journal/stream_head.h"

namespace varve {

inline StreamHead head_of(StreamKind kind, std::uint64_t number = 1) {
  StreamHead head;
  head.kind = static_cast<std::uint16_t>(kind);
  head.number = number;
  return head;
}

// With its digest made to hold.
inline std::string sealed(StreamHead head) {
  head.self = head.compute_self();
  return std::string(as_text(bytes_of(head)));
}

inline std::string control_message(StreamHead head, const std::string& control) {
  head.control_bytes = control.size();
  head.payload_bytes = round_up(control.size(), kSectorBytes);
  head.control = digest_of(as_bytes(control));
  std::string bytes = sealed(head) + control;
  bytes.resize(kSectorBytes + head.payload_bytes, '\0');
  return bytes;
}

inline std::string frames_message(StreamHead head, std::string_view frames) {
  head.payload_bytes = frames.size();
  return sealed(head) + std::string(frames);
}

inline std::string bytes_of_frames(const std::vector<FramePtr>& frames) {
  std::string bytes;
  for (const FramePtr& frame : frames) bytes += as_text(frame->bytes());
  return bytes;
}

}  // namespace varve
