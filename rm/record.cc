#include "rm/record.h"

#include <cstdlib>
#include <cstring>
#include <limits>
#include <new>

#include "base/check.h"

namespace varve {

Record::Ptr Record::make(Bytes canonical, Generation born) {
  CHECK(canonical.size() <= std::numeric_limits<std::uint32_t>::max() - sizeof(Record) && canonical.size() % 8 == 0, canonical.size());
  void* memory = std::malloc(sizeof(Record) + canonical.size());
  if (memory == nullptr) throw std::bad_alloc();
  auto* record = new (memory) Record(static_cast<std::uint32_t>(canonical.size()), born);
  if (!canonical.empty()) std::memcpy(record + 1, canonical.data(), canonical.size());
  return Ptr(record);
}

void Record::overwrite(Bytes canonical) {
  CHECK(canonical.size() == bytes_, canonical.size(), bytes_);
  std::memcpy(this + 1, canonical.data(), canonical.size());
}

void Record::destroy(const Record* record) {
  std::free(const_cast<Record*>(record));
}

}  // namespace varve
