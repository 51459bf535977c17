#include "journal/shared_epochs.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/bytes.h"
#include "base/result.h"

namespace varve {

namespace {
constexpr std::size_t kNameDigits = 19;
}

std::string epoch_name(Epoch epoch) {
  return fmt::format("{:019}", epoch.value);
}

std::optional<Epoch> parse_epoch_name(std::string_view name) {
  if (name.size() != kNameDigits) return std::nullopt;
  Epoch epoch;
  for (const char c : name) {
    if (c < '0' || c > '9') return std::nullopt;
    epoch.value = epoch.value * 10 + static_cast<std::uint64_t>(c - '0');
  }
  if (epoch.value == 0) return std::nullopt;
  return epoch;
}

Task<Result<std::vector<Epoch>>> SharedEpochs::list() {
  CO_ASSIGN_OR_RETURN(const std::vector<std::string> names, co_await directory_->list());
  std::vector<Epoch> epochs;
  for (const std::string& name : names)
    if (const auto epoch = parse_epoch_name(name)) epochs.push_back(*epoch);
  std::sort(epochs.begin(), epochs.end());
  co_return epochs;
}

Task<Result<std::optional<Epoch>>> SharedEpochs::newer_than(Epoch epoch) {
  CO_ASSIGN_OR_RETURN(const std::vector<Epoch> epochs, co_await list());
  std::optional<Epoch> newer;
  if (!epochs.empty() && epochs.back() > epoch) newer = epochs.back();
  co_return newer;
}

Task<Result<kj::Own<SharedEpochFile>>> SharedEpochs::claim(Epoch epoch) {
  CO_ASSIGN_OR_RETURN(kj::Own<File> file, co_await directory_->create(epoch_name(epoch)));
  CO_TRY(co_await directory_->sync());
  co_return kj::heap<SharedEpochFile>(kj::mv(file));
}

Task<Result<std::optional<SharedEpochRecord>>> SharedEpochs::read(Epoch epoch) {
  auto file = co_await directory_->open(epoch_name(epoch), OpenMode{});
  if (!file && file.error().code() == ErrorCode::kNotFound) co_return std::optional<SharedEpochRecord>();
  if (!file) co_return fail(file.error());
  std::optional<DecodedEpochSlot> best;
  for (const std::uint64_t offset : {std::uint64_t{0}, kEpochSlotDistance}) {
    AlignedBuffer buffer(kEpochSlotBytes);
    auto got = co_await (*file)->read(offset, buffer.span(0, kEpochSlotBytes));
    if (!got) co_return fail(got.error());
    auto slot = decode_epoch_slot(std::as_const(buffer).span(0, *got));
    if (!slot && slot.error().code() == ErrorCode::kNewerLayout)
      co_return fail(slot.error().within(fmt::format("reading {}", (*file)->path())));
    if (!slot || slot->record.epoch != epoch) continue;
    if (!best || slot->sequence > best->sequence) best = *slot;
  }
  std::optional<SharedEpochRecord> record;
  if (best) record = best->record;
  co_return record;
}

Task<Result<std::vector<SharedEpochRecord>>> SharedEpochs::read_all() {
  CO_ASSIGN_OR_RETURN(const std::vector<Epoch> epochs, co_await list());
  std::vector<SharedEpochRecord> records;
  for (const Epoch epoch : epochs) {
    CO_ASSIGN_OR_RETURN(const auto record, co_await read(epoch));
    if (record) records.push_back(*record);
  }
  co_return records;
}

Task<Result<void>> SharedEpochs::remove(Epoch epoch) {
  CO_TRY(co_await directory_->remove(epoch_name(epoch)));
  co_return co_await directory_->sync();
}

}  // namespace varve
