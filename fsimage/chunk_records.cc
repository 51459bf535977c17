#include "fsimage/chunk_records.h"

#include "base/check.h"
#include "fsimage/image_format.h"

namespace varve {

bool ChunkRecords::assign(Bytes raw, std::uint32_t records) {
  raw_ = raw;
  offsets_.clear();
  if (records > raw.size() / sizeof(std::uint64_t)) return false;
  offsets_.reserve(records);
  std::size_t offset = 0;
  while (offset < raw.size()) {
    if (raw.size() - offset < sizeof(std::uint64_t) || offsets_.size() == records) return false;
    const auto length = load_as<std::uint64_t>(raw.subspan(offset));
    if (length > kRecordBytesMax || record_space(length) > raw.size() - offset) return false;
    offsets_.push_back(offset);
    offset += record_space(length);
  }
  return offsets_.size() == records;
}

Bytes ChunkRecords::record(std::size_t index) const {
  CHECK(index < offsets_.size(), index, offsets_.size());
  const Bytes at = raw_.subspan(offsets_[index]);
  return at.subspan(sizeof(std::uint64_t), load_as<std::uint32_t>(at));
}

}  // namespace varve
