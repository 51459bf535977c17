// Of messages on a connection.
#include <algorithm>

#include "editlog/frame.h"
#include "journal/stream_head.h"
#include "tests/fuzz/reseal.h"

namespace varve::fuzz {

namespace {

void reseal_frames(MutableBytes rest, const std::optional<LogEnd>& log) {
  std::optional<LogPosition> before;
  if (log) before = log->end;
  while (rest.size() >= sizeof(FrameHeader)) {
    auto header = load_as<FrameHeader>(rest);
    if (header.magic != kFrameMagic || header.body_bytes > rest.size() || header.frame_bytes() > rest.size()) return;
    if (log) {
      header.namespace_id = log->namespace_id;
      header.lineage = log->lineage;
    }
    if (before) {
      header.previous = before->digest;
      header.first_txid = before->txid.value + 1;
      header.committed = std::min(header.committed, before->txid.value);
    }
    header.body = digest_of(rest.subspan(sizeof(FrameHeader), header.frame_bytes() - sizeof(FrameHeader)));
    header.self = header.compute_self();
    store_as(rest, header);
    before = header.position();
    rest = rest.subspan(header.frame_bytes());
  }
}

}  // namespace

void reseal_stream(MutableBytes rest, const std::optional<LogEnd>& log) {
  while (rest.size() >= sizeof(StreamHead)) {
    auto head = load_as<StreamHead>(rest);
    head.magic = StreamHead::kMagic;
    head.version = StreamHead::kVersion;
    const std::uint64_t payload = std::min<std::uint64_t>(round_down(head.payload_bytes, kSectorBytes), rest.size() - sizeof(StreamHead));
    // An even number asks for frames that follow the log; an odd one leaves them where they say.
    const bool follows = log && head.number % 2 == 0;
    const MutableBytes body = rest.subspan(sizeof(StreamHead), payload);
    if (head.control_bytes > 0 && head.control_bytes <= payload) head.control = digest_of(body.first(head.control_bytes));
    if (head.control_bytes == 0) reseal_frames(body, follows ? log : std::nullopt);
    if (follows) head.set_position(log->end);
    head.self = head.compute_self();
    store_as(rest, head);
    rest = rest.subspan(sizeof(StreamHead) + payload);
  }
}

}  // namespace varve::fuzz
