// Frames: the unit of group commit, of replication and of reading. See docs/formats.md.
//
// A frame is a header of 128 bytes, a body, and zeros up to a whole sector; the same bytes stand in the writer's memory, in every
// file and on the wire. The header holds the digest of the body and of the previous frame, and its own: a header proves itself, and
// frames form a chain. The body of any kind of frame is a sequence of transactions, each
//     u32 length, u32 zero, the bytes, zeros up to a multiple of 8
// so a transaction's bytes are 8-byte aligned when the frame is. Control frames hold exactly one.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/buffer_cache.h"
#include "base/bytes.h"
#include "base/digest.h"
#include "varve/error.h"
#include "varve/types.h"

namespace varve {

enum class FrameKind : std::uint8_t {
  kData = 1,           // the user's transactions
  kSegmentStart = 2,   // first frame of a segment: schema and newest configuration (control.capnp)
  kEpochStart = 3,     // a new writer (control.capnp)
  kConfiguration = 4,  // a new configuration (control.capnp)
};

inline constexpr std::uint8_t kFrameFlagRoll = 1;         // opens a new segment
inline constexpr std::uint32_t kFrameMagic = 0x4d524656;  // "VFRM"
inline constexpr std::uint16_t kFrameLayout = 1;

struct FrameHeader {
  std::uint32_t magic = kFrameMagic;
  std::uint16_t layout = kFrameLayout;
  std::uint8_t kind = 0;
  std::uint8_t flags = 0;
  std::uint32_t transactions = 0;  // >= 1
  std::uint32_t reserved = 0;
  std::uint64_t body_bytes = 0;  // without the padding to a sector
  std::uint64_t epoch = 0;
  std::uint64_t first_txid = 0;
  std::uint64_t committed = 0;  // durable mark: the last txid that was committed when this frame was sealed
  std::uint64_t wall_us = 0;    // the writer's clock; information only
  std::uint64_t lineage = 0;
  Uuid namespace_id;
  Digest previous;  // the previous frame's `self`; of the first frame: the digest of the log's start
  Digest body;      // of the body and the padding
  Digest self;      // of the 112 bytes before: the frame's digest

  FrameKind frame_kind() const { return static_cast<FrameKind>(kind); }
  bool rolls() const { return (flags & kFrameFlagRoll) != 0; }
  TxId first() const { return TxId{first_txid}; }
  TxId last() const { return TxId{first_txid + transactions - 1}; }
  LogPosition position() const { return {last(), Epoch{epoch}, self}; }
  // Header, body and padding; a multiple of kSectorBytes.
  std::uint64_t frame_bytes() const { return round_up(sizeof(FrameHeader) + body_bytes, kSectorBytes); }
  Digest compute_self() const;
};
static_assert(sizeof(FrameHeader) == 128);

// The largest legal body: one transaction of 1 GiB with its length. No length above it is believed.
inline constexpr std::uint64_t kTransactionBytesLimit = 1ull << 30;
inline constexpr std::uint64_t kBodyBytesLimit = kTransactionBytesLimit + 16;
// Bodies are digested, written and sent in blocks of at most this.
inline constexpr std::size_t kBlockBytesMax = 1u << 20;

// What is wrong with bytes that should be a header, or std::nullopt. Looks at one sector at most; believes no field before `self` holds.
enum class HeaderDefect : std::uint8_t { kNotAFrame, kDigest, kNewerLayout, kForeign, kFields };
std::optional<HeaderDefect> check_header(const FrameHeader& header, Uuid namespace_id);
std::string_view to_string(HeaderDefect defect);

// Bytes that a transaction of this size takes in a body.
constexpr std::uint64_t transaction_space(std::uint64_t bytes) {
  return 8 + round_up(bytes, 8);
}

// Goes through the transactions of a body whose digest holds.
//   for (TransactionCursor c(body, header.first()); c.next();) use(c.txid(), c.bytes());
class TransactionCursor {
 public:
  TransactionCursor(Bytes body, TxId first) : rest_(body), txid_(first.previous()) {}
  bool next() {
    if (rest_.size() < 8) return false;
    const auto length = load_as<std::uint32_t>(rest_);
    const std::uint64_t space = transaction_space(length);
    if (space > rest_.size()) return false;
    bytes_ = rest_.subspan(8, length);
    rest_ = rest_.subspan(space);
    txid_ = txid_.next();
    return true;
  }
  TxId txid() const { return txid_; }
  Bytes bytes() const { return bytes_; }
  bool at_end() const { return rest_.empty(); }

 private:
  Bytes rest_;
  Bytes bytes_;
  TxId txid_;
};

// True when the body is a sequence of exactly header.transactions transactions with zero padding and a zero second word.
bool body_is_well_formed(const FrameHeader& header, Bytes body);
// All of frame_bytes() behind the header, of which what is behind the body must be zero.
bool padded_body_is_well_formed(const FrameHeader& header, Bytes padded_body);

// One whole, sealed, verified frame in memory. Immutable, shared: any thread.
class Frame {
 public:
  // Precondition: at `data`, aligned to a sector, stand the bytes of a sealed frame; `keep` keeps them alive.
  Frame(std::shared_ptr<const void> keep, const std::byte* data) : keep_(std::move(keep)), data_(data) {}

  const FrameHeader& header() const { return *reinterpret_cast<const FrameHeader*>(data_); }
  Bytes bytes() const { return {data_, header().frame_bytes()}; }
  Bytes body() const { return {data_ + sizeof(FrameHeader), header().body_bytes}; }
  TransactionCursor transactions() const { return {body(), header().first()}; }
  // What its bytes stand in.
  const std::shared_ptr<const void>& keep() const { return keep_; }

 private:
  std::shared_ptr<const void> keep_;
  const std::byte* data_;
};
using FramePtr = std::shared_ptr<const Frame>;

// What the writer of a frame adds to the transactions.
struct FrameSeal {
  FrameKind kind = FrameKind::kData;
  bool roll = false;
  Epoch epoch;
  TxId first;
  TxId committed;
  std::uint64_t wall_us = 0;
  std::uint64_t lineage = 0;
  Uuid namespace_id;
  Digest previous;
};

// Collects transactions in the memory that becomes the frame: one allocation, one copy of each transaction, one digest pass.
class FrameBuilder {
 public:
  // Room for `body_capacity` bytes of transactions (see transaction_space()).
  explicit FrameBuilder(std::uint64_t body_capacity);
  // The same, in memory that goes back to the cache with the frame.
  FrameBuilder(BufferCache& cache, std::uint64_t body_capacity);

  bool fits(std::uint64_t transaction_bytes) const { return transaction_space(transaction_bytes) <= body_capacity_ - body_bytes_; }
  // Precondition: fits(transaction.size()).
  void add(Bytes transaction);
  std::uint32_t transactions() const { return transactions_; }
  std::uint64_t body_bytes() const { return body_bytes_; }

  // Precondition: transactions() >= 1.
  FramePtr seal(const FrameSeal& seal) &&;

 private:
  FrameBuilder(std::shared_ptr<AlignedBuffer> buffer, std::uint64_t body_capacity);

  std::shared_ptr<AlignedBuffer> buffer_;
  std::uint64_t body_capacity_;
  std::uint64_t body_bytes_ = 0;
  std::uint32_t transactions_ = 0;
};

}  // namespace varve
