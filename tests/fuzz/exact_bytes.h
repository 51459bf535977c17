// A copy of bytes in memory of exactly their size, aligned like a frame's: a read behind the end is seen by the sanitizer.
#pragma once

#include <cstring>
#include <memory>

#include "base/bytes.h"

namespace varve::fuzz {

class ExactBytes {
 public:
  explicit ExactBytes(Bytes bytes) : size_(bytes.size()), memory_(new std::byte[bytes.size()]) {
    if (size_ > 0) std::memcpy(memory_.get(), bytes.data(), size_);
  }

  Bytes bytes() const { return {memory_.get(), size_}; }
  MutableBytes mutable_bytes() { return {memory_.get(), size_}; }

 private:
  std::size_t size_;
  std::unique_ptr<std::byte[]> memory_;
};

}  // namespace varve::fuzz
