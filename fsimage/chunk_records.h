// The records of one decoded chunk.
// Owns:    where each record begins, not the bytes.
// Threads: one at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "varve/error.h"
#include "varve/image.h"

namespace varve {

class ChunkRecords final : public RecordView {
 public:
  // Looks over a payload of exactly `records` records; false when it is not that. The bytes must outlive the use of this view.
  bool assign(Bytes raw, std::uint32_t records);

  std::size_t count() const override { return offsets_.size(); }
  Bytes record(std::size_t index) const override;

 private:
  Bytes raw_;
  std::vector<std::size_t> offsets_;  // of each record's length
};

}  // namespace varve
