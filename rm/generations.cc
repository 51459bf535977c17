#include "rm/generations.h"

#include <limits>

#include "base/check.h"

namespace varve {

Generations::~Generations() {
  for (const Retired& retired : retired_) retired.destroy(retired.object);
}

ViewPin Generations::freeze() {
  CHECK(current_ < std::numeric_limits<Generation>::max());
  forget_released_views();
  auto released = std::make_shared<std::atomic<bool>>(false);
  views_.push_back({current_, released});
  newest_view_ = current_++;
  return ViewPin(std::move(released));
}

void Generations::retire(const void* object, std::size_t bytes, Generation born, Destroy destroy) {
  if (!seen(born)) return destroy(object);
  retired_.push_back({object, destroy, bytes, current_});
  retired_bytes_ += bytes;
}

void Generations::retire(const Record* record) {
  retire(record, record->memory_bytes(), record->born(), [](const void* object) { Record::destroy(static_cast<const Record*>(object)); });
}

void Generations::reclaim(std::size_t objects_max) {
  if (views_.empty() && retired_.empty()) return;
  forget_released_views();
  const Generation oldest_view = views_.empty() ? std::numeric_limits<Generation>::max() : views_.front().generation;
  for (; objects_max > 0 && !retired_.empty() && retired_.front().died <= oldest_view; objects_max--) {
    retired_.front().destroy(retired_.front().object);
    retired_bytes_ -= retired_.front().bytes;
    retired_.pop_front();
  }
}

void Generations::forget_released_views() {
  std::erase_if(views_, [](const View& view) { return view.released->load(std::memory_order_acquire); });
  newest_view_ = views_.empty() ? 0 : views_.back().generation;
}

}  // namespace varve
