// One record of the state in memory: a Cap'n Proto struct in canonical form, one segment without a segment table. Immutable from the
// moment that a view may see it.
#pragma once

#include <cstdint>
#include <memory>

#include "varve/types.h"

namespace varve {

// Counts the freezes of a state: what was made in generation g is seen by the views of g and of later generations.
using Generation = std::uint32_t;
inline constexpr Generation kFirstGeneration = 1;

class Record {
 public:
  struct Free {
    void operator()(const Record* record) const { destroy(record); }
  };
  using Ptr = std::unique_ptr<Record, Free>;

  // Precondition: `canonical` is smaller than 4 GiB and a whole number of words.
  static Ptr make(Bytes canonical, Generation born);
  static void destroy(const Record* record);

  // Changes what nobody else can see. Precondition: the size is the same.
  void overwrite(Bytes canonical);

  Bytes bytes() const { return {reinterpret_cast<const std::byte*>(this + 1), bytes_}; }  // 8-byte aligned
  Generation born() const { return born_; }
  std::size_t memory_bytes() const { return sizeof(Record) + bytes_; }

 private:
  Record(std::uint32_t bytes, Generation born) : bytes_(bytes), born_(born) {}

  std::uint32_t bytes_;  // what follows this header
  Generation born_;
};
static_assert(sizeof(Record) == 8);

}  // namespace varve
