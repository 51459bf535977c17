#include "base/sim/paged_bytes.h"

#include <algorithm>

namespace varve {

PagedBytes::Page& PagedBytes::page_for_writing(std::size_t index) {
  std::shared_ptr<Page>& page = pages_[index];
  if (page == nullptr)
    page = std::make_shared<Page>();
  else if (page.use_count() > 1)
    page = std::make_shared<Page>(*page);
  return *page;
}

void PagedBytes::resize(std::uint64_t size) {
  std::size_t used_in_last_page = size % kPageBytes;
  if (size < size_ && used_in_last_page != 0 && pages_[size / kPageBytes] != nullptr) {
    Page& last = page_for_writing(size / kPageBytes);
    std::fill(last.begin() + static_cast<std::ptrdiff_t>(used_in_last_page), last.end(), std::byte{0});
  }
  pages_.resize(round_up(size, kPageBytes) / kPageBytes);
  size_ = size;
}

std::size_t PagedBytes::read(std::uint64_t offset, MutableBytes out) const {
  if (offset >= size_) return 0;
  std::size_t total = std::min<std::uint64_t>(out.size(), size_ - offset);
  for (std::size_t done = 0; done < total;) {
    std::uint64_t at = offset + done;
    std::size_t within = at % kPageBytes;
    std::size_t part = std::min(total - done, kPageBytes - within);
    const Page* page = pages_[at / kPageBytes].get();
    if (page != nullptr)
      std::memcpy(out.data() + done, page->data() + within, part);
    else
      std::memset(out.data() + done, 0, part);
    done += part;
  }
  return total;
}

void PagedBytes::write(std::uint64_t offset, Bytes bytes) {
  if (offset >= size_) return;
  std::size_t total = std::min<std::uint64_t>(bytes.size(), size_ - offset);
  for (std::size_t done = 0; done < total;) {
    std::uint64_t at = offset + done;
    std::size_t within = at % kPageBytes;
    std::size_t part = std::min(total - done, kPageBytes - within);
    std::memcpy(page_for_writing(at / kPageBytes).data() + within, bytes.data() + done, part);
    done += part;
  }
}

}  // namespace varve
