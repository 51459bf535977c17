#include "editlog/slots.h"

#include <fmt/format.h>

#include <array>
#include <span>

#include "base/bytes.h"
#include "base/check.h"
#include "base/digest.h"
#include "base/result.h"
#include "editlog/segment_names.h"

namespace varve {
namespace {

constexpr std::array<char, 8> kSlotMagic = {'V', 'A', 'R', 'V', 'E', 'S', 'L', 'T'};
constexpr std::uint32_t kSlotLayout = 1;
constexpr std::uint32_t kSlotFlagCut = 1;      // a cut is in progress
constexpr std::uint32_t kSlotFlagRestart = 2;  // a restart is in progress
constexpr std::uint32_t kSlotFlagTail = 4;     // the tail is unknown
constexpr std::uint32_t kSlotFlags = kSlotFlagCut | kSlotFlagRestart | kSlotFlagTail;

struct SlotPosition {
  std::uint64_t txid = 0;
  std::uint64_t epoch = 0;
  Digest digest;
};

struct SlotLayout {
  std::array<char, 8> magic = kSlotMagic;
  std::uint32_t layout = kSlotLayout;
  std::uint32_t flags = 0;
  std::uint64_t sequence = 0;
  std::uint64_t lineage = 0;
  Uuid namespace_id;
  Uuid disk_id;
  std::uint64_t promised = 0;
  std::uint64_t configuration_bytes = 0;
  Uuid promised_to;
  SlotPosition mark;
  SlotPosition cut;  // zeros unless kSlotFlagCut
  SlotPosition start;
  std::array<std::byte, kConfigurationBytesMax> configuration{};
  std::array<std::byte, kSlotBytes - 192 - kConfigurationBytesMax - sizeof(Digest)> zeros{};
  Digest self;  // of the 4080 bytes before

  Digest compute_self() const { return digest_of(bytes_of(*this).first(kSlotBytes - sizeof(Digest))); }
};
static_assert(sizeof(SlotLayout) == kSlotBytes);
static_assert(offsetof(SlotLayout, mark) == 96 && offsetof(SlotLayout, configuration) == 192 && offsetof(SlotLayout, self) == 4080);

SlotPosition to_layout(const LogPosition& position) {
  return {position.txid.value, position.epoch.value, position.digest};
}
LogPosition from_layout(const SlotPosition& position) {
  return {TxId{position.txid}, Epoch{position.epoch}, position.digest};
}
bool is_zero(const SlotPosition& position) {
  return all_zero(bytes_of(position));
}

std::optional<std::string_view> contradiction(const SlotLayout& slot) {
  if (slot.layout != kSlotLayout) return "layout";
  if ((slot.flags & ~kSlotFlags) != 0) return "flags";
  if (slot.configuration_bytes > kConfigurationBytesMax) return "configuration length";
  if (!all_zero(std::as_bytes(std::span(slot.configuration)).subspan(slot.configuration_bytes))) return "configuration padding";
  if (!all_zero(std::as_bytes(std::span(slot.zeros)))) return "zeros";
  if ((slot.flags & kSlotFlagCut) == 0 && !is_zero(slot.cut)) return "cut";
  if (slot.sequence == 0) return "sequence";
  return std::nullopt;
}

SlotState state_of(const SlotLayout& slot) {
  SlotState state;
  state.namespace_id = slot.namespace_id;
  state.lineage = slot.lineage;
  state.disk_id = slot.disk_id;
  state.promised = Epoch{slot.promised};
  state.promised_to = slot.promised_to;
  state.mark = from_layout(slot.mark);
  if ((slot.flags & kSlotFlagCut) != 0) state.cut = from_layout(slot.cut);
  state.start.position = from_layout(slot.start);
  state.start.configuration = as_text(std::as_bytes(std::span(slot.configuration)).first(slot.configuration_bytes));
  state.restarting = (slot.flags & kSlotFlagRestart) != 0;
  state.tail_unknown = (slot.flags & kSlotFlagTail) != 0;
  return state;
}

std::uint32_t flags_of(const SlotState& state) {
  return (state.cut ? kSlotFlagCut : 0) | (state.restarting ? kSlotFlagRestart : 0) | (state.tail_unknown ? kSlotFlagTail : 0);
}

}  // namespace

Digest digest_of_new_start(Uuid namespace_id, std::uint64_t lineage, const std::string& configuration) {
  DigestStream digest;
  digest.add(as_bytes("varve start of log"));
  digest.add(bytes_of(namespace_id));
  digest.add(bytes_of(lineage));
  digest.add(as_bytes(configuration));
  return digest.finish();
}

std::string encode_slot(const SlotState& state, std::uint64_t sequence) {
  CHECK(state.start.configuration.size() <= kConfigurationBytesMax, state.start.configuration.size());
  CHECK(sequence >= 1, sequence);
  SlotLayout slot;
  slot.flags = flags_of(state);
  slot.sequence = sequence;
  slot.lineage = state.lineage;
  slot.namespace_id = state.namespace_id;
  slot.disk_id = state.disk_id;
  slot.promised = state.promised.value;
  slot.configuration_bytes = state.start.configuration.size();
  slot.promised_to = state.promised_to;
  slot.mark = to_layout(state.mark);
  if (state.cut) slot.cut = to_layout(*state.cut);
  slot.start = to_layout(state.start.position);
  if (!state.start.configuration.empty())
    std::memcpy(slot.configuration.data(), state.start.configuration.data(), state.start.configuration.size());
  slot.self = slot.compute_self();
  return std::string(as_text(bytes_of(slot)));
}

Result<DecodedSlot> decode_slot(Bytes bytes) {
  if (bytes.size() != kSlotBytes) return fail(ErrorCode::kDamaged, fmt::format("a slot has {} bytes, found {}", kSlotBytes, bytes.size()));
  const auto slot = load_as<SlotLayout>(bytes);
  if (slot.magic != kSlotMagic) return fail(ErrorCode::kDamaged, "the slot does not begin with its magic number");
  if (slot.self != slot.compute_self()) return fail(ErrorCode::kDamaged, "the slot's digest does not hold");
  if (slot.layout > kSlotLayout)
    return fail(ErrorCode::kNewerLayout,
                fmt::format("the slot's layout {} is newer than {}, the newest known: use a newer Varve", slot.layout, kSlotLayout));
  if (const auto field = contradiction(slot))
    return fail(ErrorCode::kDamaged, fmt::format("the slot's field '{}' is not what a writer writes", *field));
  return DecodedSlot{state_of(slot), slot.sequence};
}

}  // namespace varve
