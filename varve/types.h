// The numbers that the whole of Varve speaks of. Each is a type of its own, so that two bare integers never stand side by side.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <span>

namespace varve {

using Bytes = std::span<const std::byte>;

// Number of a transaction: dense, from 1. 0 stands for "before the first transaction".
struct TxId {
  std::uint64_t value = 0;
  constexpr auto operator<=>(const TxId&) const = default;
  constexpr TxId next() const { return TxId{value + 1}; }
  constexpr TxId previous() const { return TxId{value - 1}; }
};

// Number of the reign of one writer, from 1; called "term" in Raft. 0 stands for "before the first reign".
struct Epoch {
  std::uint64_t value = 0;
  constexpr auto operator<=>(const Epoch&) const = default;
};

// XXH3-128. It finds accidents; it is no defence against an attacker who may write the files.
struct Digest {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  constexpr bool operator==(const Digest&) const = default;
};

// A random 128-bit identity: of a namespace (cluster), of a disk, of an attempt to become the writer.
struct Uuid {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  constexpr auto operator<=>(const Uuid&) const = default;
  constexpr bool is_nil() const { return low == 0 && high == 0; }
};

// A place in the log: the last transaction of a frame, the epoch and the digest of that frame.
struct LogPosition {
  TxId txid;
  Epoch epoch;
  Digest digest;
  constexpr bool operator==(const LogPosition&) const = default;
};

// Which transaction a submission of unknown outcome would have become.
struct Ticket {
  TxId txid;
  Epoch epoch;
  Digest frame;
  constexpr bool operator==(const Ticket&) const = default;
};

}  // namespace varve
