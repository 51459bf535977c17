// Blocks of memory for reading, used again once nobody holds them: fresh memory from the system costs a page fault for each 4 KiB.
//
// Threads: take() on one thread; blocks may be let go on any.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "base/bytes.h"

namespace varve {

class BlockPool : public std::enable_shared_from_this<BlockPool> {
 public:
  BlockPool(std::size_t block_bytes, std::size_t kept_max) : block_bytes_(block_bytes), kept_max_(kept_max) {}

  std::size_t block_bytes() const { return block_bytes_; }
  std::shared_ptr<AlignedBuffer> take();

 private:
  void put_back(std::unique_ptr<AlignedBuffer> block);

  const std::size_t block_bytes_;
  const std::size_t kept_max_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<AlignedBuffer>> free_;
};

}  // namespace varve
