#include "base/buffer_cache.h"

namespace varve {

std::shared_ptr<AlignedBuffer> BufferCache::take(std::size_t bytes) {
  std::unique_ptr<AlignedBuffer> buffer = find(bytes);
  if (!buffer) buffer = std::make_unique<AlignedBuffer>(bytes);
  return {buffer.release(),
          [cache = shared_from_this()](AlignedBuffer* returned) { cache->give_back(std::unique_ptr<AlignedBuffer>(returned)); }};
}

// The one given back last is the likeliest to be in the processor's cache.
std::unique_ptr<AlignedBuffer> BufferCache::find(std::size_t bytes) {
  const std::size_t capacity = round_up(bytes, kPageBytes);
  std::lock_guard lock(mutex_);
  for (std::size_t i = kept_.size(); i-- > 0;) {
    if (kept_[i]->capacity() < capacity || kept_[i]->capacity() > 2 * capacity) continue;
    std::unique_ptr<AlignedBuffer> found = std::move(kept_[i]);
    kept_.erase(kept_.begin() + static_cast<std::ptrdiff_t>(i));
    kept_bytes_ -= found->capacity();
    return found;
  }
  return nullptr;
}

// What is new drives out what is old: sizes change with the load.
void BufferCache::give_back(std::unique_ptr<AlignedBuffer> buffer) {
  if (buffer->capacity() > kept_bytes_max_) return;
  std::lock_guard lock(mutex_);
  kept_bytes_ += buffer->capacity();
  kept_.push_back(std::move(buffer));
  std::size_t old = 0;
  for (; kept_bytes_ > kept_bytes_max_; ++old) kept_bytes_ -= kept_[old]->capacity();
  kept_.erase(kept_.begin(), kept_.begin() + static_cast<std::ptrdiff_t>(old));
}

}  // namespace varve
