#include "editlog/sector_sweep.h"

#include <algorithm>
#include <utility>

#include "base/result.h"
#include "editlog/frame.h"

namespace varve {

Task<Result<void>> sweep_sectors(File& file, std::uint64_t offset, std::uint64_t end_offset,
                                 std::function<void(std::uint64_t offset, Bytes sector)> look) {
  if (offset >= end_offset) co_return ok();
  AlignedBuffer block(std::min<std::uint64_t>(kBlockBytesMax, end_offset - offset));
  while (offset < end_offset) {
    const std::size_t wanted = std::min<std::uint64_t>(kBlockBytesMax, end_offset - offset);
    CO_ASSIGN_OR_RETURN(const std::size_t got, co_await file.read(offset, block.span(0, wanted)));
    const Bytes bytes = std::as_const(block).span(0, got);
    for (std::size_t at = 0; at < got; at += kSectorBytes) look(offset + at, bytes.subspan(at, std::min(kSectorBytes, got - at)));
    if (got < wanted) break;
    offset += got;
  }
  co_return ok();
}

}  // namespace varve
