#pragma once

#include <utility>
#include <vector>

#include "editlog/log_reader.h"

namespace varve {

// Frames in memory, as another copy gives them.
class FramesInMemory final : public LogReader {
 public:
  explicit FramesInMemory(std::vector<FrameView> frames) : frames_(std::move(frames)) {}
  kj::Promise<Result<std::vector<FrameView>>> next() override {
    std::vector<FrameView> some;
    if (next_ < frames_.size()) some.push_back(frames_[next_++]);
    return Result<std::vector<FrameView>>(std::move(some));
  }

 private:
  std::vector<FrameView> frames_;
  std::size_t next_ = 0;
};

}  // namespace varve
