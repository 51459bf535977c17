// Counts the generations of a state that is frozen now and then, and keeps what frozen views still see.
//
// Owns:      what was taken out of the state while a view could still see it, until none can.
// Threads:   the owner's; a ViewPin may be released on any thread.
// Invariant: what is retired in generation d is seen by no view of generation d or later.
#pragma once

#include <atomic>
#include <cstddef>
#include <deque>
#include <memory>
#include <vector>

#include "rm/record.h"

namespace varve {

// Holds one frozen view open. Released by destroying it, on any thread.
class ViewPin {
 public:
  explicit ViewPin(std::shared_ptr<std::atomic<bool>> released) : released_(std::move(released)) {}
  ViewPin(ViewPin&&) = default;
  ViewPin& operator=(ViewPin&&) = delete;
  ~ViewPin() {
    if (released_) released_->store(true, std::memory_order_release);
  }

 private:
  std::shared_ptr<std::atomic<bool>> released_;
};

class Generations {
 public:
  using Destroy = void (*)(const void*);

  Generations() = default;
  Generations(const Generations&) = delete;
  ~Generations();  // frees all that is retired: no view may be left

  Generation current() const { return current_; }
  // True when a view may see what was made in `born`: then it must be copied before it is changed.
  bool seen(Generation born) const { return born <= newest_view_; }

  // A view of everything made up to now; the state goes on in the next generation.
  ViewPin freeze();

  // Takes over an object that has left the state: freed at once, or when no view sees it.
  void retire(const void* object, std::size_t bytes, Generation born, Destroy destroy);
  void retire(const Record* record);

  // Notices released views and frees at most `objects_max` of what nobody sees any more.
  void reclaim(std::size_t objects_max);

  void count_copy(std::size_t bytes) { copied_bytes_ += bytes; }
  std::size_t views() const { return views_.size(); }             // not known to be released
  std::uint64_t copied_bytes() const { return copied_bytes_; }    // because a view saw the original; since the beginning
  std::uint64_t retired_bytes() const { return retired_bytes_; }  // kept for views now

 private:
  struct View {
    Generation generation;
    std::shared_ptr<std::atomic<bool>> released;
  };
  struct Retired {
    const void* object;
    Destroy destroy;
    std::size_t bytes;
    Generation died;
  };

  void forget_released_views();

  Generation current_ = kFirstGeneration;
  Generation newest_view_ = 0;   // 0: none
  std::vector<View> views_;      // oldest first
  std::deque<Retired> retired_;  // in the order of `died`
  std::uint64_t copied_bytes_ = 0;
  std::uint64_t retired_bytes_ = 0;
};

}  // namespace varve
