#include "editlog/append_groups.h"

namespace varve {

std::uint64_t AppendGroup::bytes() const {
  std::uint64_t sum = 0;
  for (const FramePtr& frame : frames) sum += frame->header().frame_bytes();
  return sum;
}

std::vector<AppendGroup> group_by_segment(std::vector<FramePtr> frames) {
  std::vector<AppendGroup> groups;
  for (FramePtr& frame : frames) {
    if (groups.empty() || frame->header().rolls()) groups.emplace_back();
    groups.back().frames.push_back(std::move(frame));
  }
  return groups;
}

}  // namespace varve
