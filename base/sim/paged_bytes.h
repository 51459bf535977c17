// The bytes of a simulated file: pages shared between copies until one is written, so that a copy of a whole disk costs little.
// Pages never written read as zeros and take no memory.
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "base/bytes.h"

namespace varve {

class PagedBytes {
 public:
  std::uint64_t size() const { return size_; }

  // Grows with zeros or cuts; what is cut reads as zeros when the file grows again.
  void resize(std::uint64_t size);

  // The number of bytes read: less than asked only at the end.
  std::size_t read(std::uint64_t offset, MutableBytes out) const;

  // Overwrites what lies within size(); the rest of `bytes` is dropped.
  void write(std::uint64_t offset, Bytes bytes);

 private:
  using Page = std::array<std::byte, kPageBytes>;

  Page& page_for_writing(std::size_t index);

  std::uint64_t size_ = 0;
  std::vector<std::shared_ptr<Page>> pages_;
};

}  // namespace varve
