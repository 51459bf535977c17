// Makes the digests in damaged bytes hold again, as far as the bytes make sense: a fuzzer that had to guess 128 bits would never get past
// them.
#pragma once

#include "base/bytes.h"
#include "base/digest.h"

namespace varve::fuzz {

// Writes the fixed layout over the beginning of `bytes`.
template <typename T>
void store_as(MutableBytes bytes, const T& value) {
  std::memcpy(bytes.data(), &value, sizeof(T));
}

void reseal_frame(MutableBytes frame);
void reseal_segment(MutableBytes file);
void reseal_slot(MutableBytes slot);
void reseal_chunk(MutableBytes chunk);
void reseal_image(MutableBytes file);

}  // namespace varve::fuzz
