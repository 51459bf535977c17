#include "editlog/block_pool.h"

namespace varve {

std::shared_ptr<AlignedBuffer> BlockPool::take() {
  std::unique_ptr<AlignedBuffer> block;
  {
    std::lock_guard lock(mutex_);
    if (!free_.empty()) {
      block = std::move(free_.back());
      free_.pop_back();
    }
  }
  if (!block) block = std::make_unique<AlignedBuffer>(block_bytes_);
  AlignedBuffer* memory = block.release();
  return {memory, [pool = shared_from_this()](AlignedBuffer* returned) { pool->put_back(std::unique_ptr<AlignedBuffer>(returned)); }};
}

void BlockPool::put_back(std::unique_ptr<AlignedBuffer> block) {
  std::lock_guard lock(mutex_);
  if (free_.size() < kept_max_) free_.push_back(std::move(block));
}

}  // namespace varve
