// Takes frames out of bytes that came from outside: nothing is believed before it is proven.
#pragma once

#include <memory>
#include <vector>

#include "editlog/frame.h"
#include "varve/error.h"

namespace varve {

// The frames that make up exactly `bytes`, which `keep` keeps alive and which begin at a multiple of a sector in memory. Every header,
// every body, the namespace, the lineage and the chain among them are verified; what the first one continues is for the caller.
// Errors: kDamaged, kForeign, kNewerLayout, with the offset and what was found; `source` is for the text. No bytes: no frames.
Result<std::vector<FramePtr>> parse_frames(Bytes bytes, std::shared_ptr<const void> keep, Uuid namespace_id, std::uint64_t lineage,
                                           std::string_view source);

}  // namespace varve
