// Memory for direct I/O that is used again once nobody holds it: fresh memory from the system costs a page fault for each 4 KiB.
//
// Owns:    buffers given back, up to `kept_bytes_max` bytes of them; those given out keep the cache alive.
// Threads: any.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "base/bytes.h"

namespace varve {

class BufferCache : public std::enable_shared_from_this<BufferCache> {
 public:
  explicit BufferCache(std::size_t kept_bytes_max) : kept_bytes_max_(kept_bytes_max) {}

  // At least `bytes`, at most twice as much; not initialised. What it held before may still stand in it.
  std::shared_ptr<AlignedBuffer> take(std::size_t bytes);

 private:
  void give_back(std::unique_ptr<AlignedBuffer> buffer);
  std::unique_ptr<AlignedBuffer> find(std::size_t bytes);

  const std::size_t kept_bytes_max_;
  std::mutex mutex_;
  std::size_t kept_bytes_ = 0;
  std::vector<std::unique_ptr<AlignedBuffer>> kept_;
};

}  // namespace varve
