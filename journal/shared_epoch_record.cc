#include "journal/shared_epoch_record.h"

#include <fmt/format.h>

#include <array>

#include "base/bytes.h"
#include "base/check.h"
#include "base/digest.h"

namespace varve {
namespace {

constexpr std::array<char, 8> kEpochMagic = {'V', 'A', 'R', 'V', 'E', 'E', 'P', 'O'};
constexpr std::uint32_t kEpochLayout = 1;

struct Place {
  std::uint64_t txid = 0;
  std::uint64_t epoch = 0;
  Digest digest;
};

struct EpochSlotLayout {
  std::array<char, 8> magic = kEpochMagic;
  std::uint32_t layout = kEpochLayout;
  std::uint32_t reserved = 0;
  std::uint64_t sequence = 0;
  std::uint64_t lineage = 0;
  Uuid namespace_id;
  Uuid writer;
  std::uint64_t epoch = 0;
  std::uint64_t reserved_too = 0;
  Place base;
  Place start;
  Place committed;
  std::array<std::byte, kEpochSlotBytes - 176 - sizeof(Digest)> zeros{};
  Digest self;  // of the 496 bytes before

  Digest compute_self() const { return digest_of(bytes_of(*this).first(kEpochSlotBytes - sizeof(Digest))); }
};
static_assert(sizeof(EpochSlotLayout) == kEpochSlotBytes);
static_assert(offsetof(EpochSlotLayout, base) == 80 && offsetof(EpochSlotLayout, zeros) == 176 && offsetof(EpochSlotLayout, self) == 496);

Place place_of(const LogPosition& position) {
  return {position.txid.value, position.epoch.value, position.digest};
}
LogPosition position_of(const Place& place) {
  return {TxId{place.txid}, Epoch{place.epoch}, place.digest};
}

}  // namespace

std::string encode_epoch_slot(const SharedEpochRecord& record, std::uint64_t sequence) {
  CHECK(sequence >= 1, sequence);
  EpochSlotLayout slot;
  slot.sequence = sequence;
  slot.lineage = record.lineage;
  slot.namespace_id = record.namespace_id;
  slot.writer = record.writer;
  slot.epoch = record.epoch.value;
  slot.base = place_of(record.base);
  slot.start = place_of(record.start);
  slot.committed = place_of(record.committed);
  slot.self = slot.compute_self();
  return std::string(as_text(bytes_of(slot)));
}

Result<DecodedEpochSlot> decode_epoch_slot(Bytes bytes) {
  if (bytes.size() != kEpochSlotBytes) return fail(ErrorCode::kDamaged, fmt::format("{} bytes are not a slot", bytes.size()));
  const auto slot = load_as<EpochSlotLayout>(bytes);
  if (slot.magic != kEpochMagic) return fail(ErrorCode::kDamaged, "the slot does not begin with its magic number");
  if (slot.self != slot.compute_self()) return fail(ErrorCode::kDamaged, "the slot's digest does not hold");
  if (slot.layout > kEpochLayout)
    return fail(ErrorCode::kNewerLayout,
                fmt::format("layout {} is newer than {}, the newest known: use a newer Varve", slot.layout, kEpochLayout));
  if (slot.layout != kEpochLayout || slot.reserved != 0 || slot.reserved_too != 0 || slot.sequence == 0 || slot.epoch == 0 ||
      !all_zero(std::as_bytes(std::span(slot.zeros))))
    return fail(ErrorCode::kDamaged, "the slot is not what a writer writes");
  DecodedEpochSlot decoded;
  decoded.sequence = slot.sequence;
  decoded.record = {
      slot.namespace_id,          slot.lineage, Epoch{slot.epoch}, slot.writer, position_of(slot.base), position_of(slot.start),
      position_of(slot.committed)};
  return decoded;
}

}  // namespace varve
