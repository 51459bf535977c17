// What the file of one epoch in a shared directory says; written by that epoch's writer alone. See docs/shared-directory.md.
//
// The file holds two slots of kEpochSlotBytes; both are written and synced, one after the other, before a change counts: one valid slot
// is always enough, and the higher sequence wins.
#pragma once

#include <cstdint>
#include <string>

#include "varve/error.h"
#include "varve/types.h"

namespace varve {

struct SharedEpochRecord {
  Uuid namespace_id;
  std::uint64_t lineage = 0;
  Epoch epoch;
  Uuid writer;
  // Where this epoch's own log begins: the end of a segment of an older epoch, or the start of the journal.
  LogPosition base;
  // Where the whole log begins. Below `base`: older epochs' segments stand between the two. Else the epoch's own log says it.
  LogPosition start;
  // Highest frame that this writer announced as committed; txid 0: its EpochStart is not known to be.
  LogPosition committed;

  bool active() const { return committed.txid.value > 0; }
  bool has_older_segments() const { return start.txid < base.txid; }
  bool operator==(const SharedEpochRecord&) const = default;
};

inline constexpr std::size_t kEpochSlotBytes = 512;
inline constexpr std::uint64_t kEpochSlotDistance = 4096;  // between the two slots' offsets, so that one bad block takes one of them

std::string encode_epoch_slot(const SharedEpochRecord& record, std::uint64_t sequence);
struct DecodedEpochSlot {
  SharedEpochRecord record;
  std::uint64_t sequence = 0;
};
// Error kDamaged or kNewerLayout.
Result<DecodedEpochSlot> decode_epoch_slot(Bytes slot);

}  // namespace varve
