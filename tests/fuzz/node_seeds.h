// A small journal that every run begins with, and whole conversations about it.
#pragma once

#include <string>
#include <vector>

#include "editlog/frame.h"
#include "journal/wire.h"

namespace varve::fuzz {

inline const std::string kSeedJournal = "rm";
inline constexpr Epoch kSeedEpoch{7};
inline constexpr Uuid kSeedWriter{1, 1};

wire::FormatRequest seed_format();
const std::vector<FramePtr>& seed_frames();  // txids 1 to 4, of kSeedEpoch
wire::Open seed_opening();

std::vector<std::string> stream_seeds();   // messages of every kind
std::vector<std::string> node_seeds();     // what clients say on one connection
std::vector<std::string> answers_seeds();  // what a node says on one

}  // namespace varve::fuzz
