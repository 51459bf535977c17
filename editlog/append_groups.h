// How the frames of one append fall into segments.
#pragma once

#include <cstdint>
#include <vector>

#include "editlog/frame.h"

namespace varve {

// Frames for one segment: the one in progress, or (when the first frame rolls) a new one.
struct AppendGroup {
  std::vector<FramePtr> frames;
  bool rolls() const { return frames.front()->header().rolls(); }
  std::uint64_t bytes() const;
};
std::vector<AppendGroup> group_by_segment(std::vector<FramePtr> frames);

}  // namespace varve
