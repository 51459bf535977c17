#include "tools/slots_view.h"

#include <fmt/format.h>

#include "base/result.h"
#include "editlog/segment_names.h"

namespace varve {

Task<Result<SlotState>> read_slots(Directory& directory) {
  CO_ASSIGN_OR_RETURN(auto file, co_await directory.open(std::string(kSlotsFile), OpenMode{}));
  AlignedBuffer buffer(2 * kSlotBytes);
  CO_ASSIGN_OR_RETURN(const std::size_t bytes, co_await file->read(0, buffer.span(0, 2 * kSlotBytes)));
  if (bytes < 2 * kSlotBytes)
    co_return fail(ErrorCode::kDamaged,
                   fmt::format("reading {}: expected two slots of {} bytes, found {} bytes", file->path(), kSlotBytes, bytes));
  auto first = decode_slot(std::as_const(buffer).span(0, kSlotBytes));
  auto second = decode_slot(std::as_const(buffer).span(kSlotBytes, kSlotBytes));
  if (!first && !second) co_return fail(first.error().within(fmt::format("reading {}: neither slot is valid", file->path())));
  const bool second_counts = second && (!first || second->sequence > first->sequence);
  co_return second_counts ? std::move(second->state) : std::move(first->state);
}

}  // namespace varve
