// The fixed part of every message between journal nodes and their clients. See docs/formats.md.
//
// A message is a head of one sector, then a payload of whole sectors: frames exactly as they stand in every file, or one control message
// (wire.capnp) filled up with zeros. Everything is a multiple of a sector so that frames can go from the receiving buffer to the disk
// without a copy. The head proves itself by its digest; no length in it is believed before.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "varve/types.h"

namespace varve {

enum class StreamKind : std::uint16_t {
  kOpen = 1,      // client: control Open; the first message
  kOpened = 2,    // node: control Opened; the first answer
  kRequest = 3,   // control Request, answered by kAnswer with the same number; on an append connection from node to writer
  kAnswer = 4,    // control Answer
  kAppend = 5,    // writer: frames behind `position` (none: only `committed` and a sign of life)
  kStored = 6,    // node: `position` is proved equal to the writer's log and durable; numbers ascend as those of what they answer
  kMismatch = 7,  // node: control CopyState; the append's `position` is not here
  kRefused = 8,   // node: control Refusal; the append or order was not taken
  kOrder = 9,     // writer: control Order; answered by kStored, kMismatch or kRefused
  kFrames = 10,   // node, on a read connection: frames, in order
};

struct StreamHead {
  static constexpr std::uint32_t kMagic = 0x4d545356;  // "VSTM"
  static constexpr std::uint16_t kVersion = 1;

  std::uint32_t magic = kMagic;
  std::uint16_t version = kVersion;
  std::uint16_t kind = 0;
  std::uint64_t number = 0;         // of the message that this is, or answers
  std::uint64_t payload_bytes = 0;  // on the wire: whole sectors
  std::uint64_t control_bytes = 0;  // of the control message at the payload's start; 0: the payload is frames
  Digest control;                   // of the control message; zero for frames, which prove themselves
  std::uint64_t epoch = 0;
  std::uint64_t txid = 0;  // a position: `epoch` is not a part of it
  std::uint64_t position_epoch = 0;
  Digest digest;
  std::uint64_t committed = 0;
  std::uint64_t writer_end = 0;  // kAppend: the last txid that the writer framed
  std::uint64_t zero = 0;
  std::array<std::byte, 384> zeros{};
  Digest self;  // of the 496 bytes before

  Digest compute_self() const;
  StreamKind stream_kind() const { return static_cast<StreamKind>(kind); }
  LogPosition position() const { return {TxId{txid}, Epoch{position_epoch}, digest}; }
  void set_position(const LogPosition& p) {
    txid = p.txid.value;
    position_epoch = p.epoch.value;
    digest = p.digest;
  }
};
static_assert(sizeof(StreamHead) == kSectorBytes);

// Why these bytes are not a head, or std::nullopt.
std::optional<std::string_view> head_defect(const StreamHead& head);

}  // namespace varve
