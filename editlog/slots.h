// The small durable state of one log, in two checksummed slots of one file.
//
// Both slots are written and synced, one after the other, before a change counts. One valid slot is then always enough, the higher
// sequence number wins, and one rotten slot takes nothing back.
#pragma once

#include <kj/memory.h>

#include <cstdint>
#include <optional>
#include <string>

#include "base/disk.h"
#include "base/task.h"
#include "varve/error.h"
#include "varve/types.h"

namespace varve {

// Where a log begins: what stood before its first frame.
struct LogStart {
  LogPosition position;       // txid 0, epoch 0 and the digest of the start itself in a new log; else of the last purged frame
  std::string configuration;  // Configuration (control.capnp), canonical, as of there; at most kConfigurationBytesMax
};
inline constexpr std::size_t kConfigurationBytesMax = 3072;

struct SlotState {
  Uuid namespace_id;
  std::uint64_t lineage = 0;
  Uuid disk_id;    // identity of this disk's copy
  Epoch promised;  // highest epoch promised, and to whom
  Uuid promised_to;
  LogPosition mark;                // closing mark: everything up to here was durable
  std::optional<LogPosition> cut;  // a cut in progress: frames above this go away
  LogStart start;
  bool restarting = false;    // a restart in progress: what segments there are belong to the log before it
  bool tail_unknown = false;  // behind the end there may have been frames that were acknowledged and are lost
};
inline constexpr std::uint64_t kSlotsFileBytes = 8192;

// Digest of a new log's start: what the first frame names as its previous digest.
Digest digest_of_new_start(Uuid namespace_id, std::uint64_t lineage, const std::string& configuration);

// Fixed layout of one slot; see docs/formats.md.
inline constexpr std::size_t kSlotBytes = 4096;
std::string encode_slot(const SlotState& state, std::uint64_t sequence);
struct DecodedSlot {
  SlotState state;
  std::uint64_t sequence = 0;
};
// Error kDamaged or kNewerLayout; the text says which field.
Result<DecodedSlot> decode_slot(Bytes slot);

// Threads: the event loop's. One store at a time; a second one waits for the first.
class Slots {
 public:
  // A new slots file with both slots written and synced (the directory is the caller's to sync). kExists if there is one.
  static Task<Result<kj::Own<Slots>>> create(Directory& directory, SlotState state);
  // The state of the better slot. `damage` tells of a slot that is not valid (the caller logs it; it is rewritten by the next store).
  // kDamaged when neither is valid, kNotFound when there is no file.
  static Task<Result<kj::Own<Slots>>> open(Directory& directory);

  const SlotState& state() const { return state_; }
  const std::optional<std::string>& damage() const { return damage_; }
  // True when the two slots do not both hold state(): a crash between their writes, or damage.
  bool out_of_step() const { return out_of_step_; }

  // Writes state() into both slots again, durably. To be done before anything is done that only state() allows: what open() read may
  // stand in the page cache only, where neither a killed process nor a failed sync leaves a trace of it.
  Task<Result<void>> settle();

  // Durable in both slots on return. After an error the slots are unusable: reopen.
  // Precondition: settled, or just created.
  Task<Result<void>> store(SlotState state);

  // What open() found.
  struct Found {
    SlotState state;
    std::uint64_t sequence = 0;
    unsigned better = 1;  // the slot that holds `state`; the other is written first
    bool out_of_step = false;
    bool wrong_size = false;  // of the file
    std::optional<std::string> damage;
  };
  Slots(kj::Own<File> file, Found found);

 private:
  class Turn;
  Task<Result<void>> in_turn(std::optional<SlotState> changed);
  Task<Result<void>> write_both(unsigned first, std::string encoded);

  kj::Own<File> file_;
  SlotState state_;
  std::uint64_t sequence_;
  unsigned better_;
  bool out_of_step_;
  bool wrong_size_;
  std::optional<std::string> damage_;
  std::optional<kj::Promise<void>> turn_;  // resolves when the store under way is done
  bool failed_ = false;
};

}  // namespace varve
