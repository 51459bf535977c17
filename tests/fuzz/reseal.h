// Makes the digests in damaged bytes hold again, as far as the bytes make sense: a fuzzer that had to guess 128 bits would never get past
// them.
#pragma once

#include <optional>

#include "base/bytes.h"
#include "base/digest.h"
#include "varve/types.h"

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

// What frames are to follow.
struct LogEnd {
  Uuid namespace_id;
  std::uint64_t lineage = 0;
  LogPosition end;
};
// Messages between journal nodes. With `log` the frames of every second message are made to follow it.
void reseal_stream(MutableBytes messages, const std::optional<LogEnd>& log);

}  // namespace varve::fuzz
