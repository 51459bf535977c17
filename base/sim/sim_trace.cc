#include "base/sim/sim_trace.h"

#include "base/bytes.h"
#include "base/digest.h"

namespace varve {

void SimTrace::mix(std::uint64_t value) {
  hash_ = (hash_ ^ value) * 0x9fb21c651e98df25ull;
  hash_ ^= hash_ >> 32;
}

void SimTrace::add(std::string_view what, std::uint64_t a, std::uint64_t b) {
  mix(digest_of(as_bytes(what)).low);
  mix(a);
  mix(b);
}

}  // namespace varve
