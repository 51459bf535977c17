// What was submitted and what was acknowledged, in a file mapped by the resource manager process and by its judge: a killed process
// takes nothing of it along.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <utility>

#include "varve/error.h"

namespace varve {

// Positions in the demo's fixed sequence of transactions: so many of them, from the first one on.
struct Counters {
  std::atomic<std::uint64_t> submitted{0};
  std::atomic<std::uint64_t> acknowledged{0};
};
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

class SharedCounters {
 public:
  static Result<SharedCounters> create(const std::string& path);
  static Result<SharedCounters> open(const std::string& path);
  ~SharedCounters();
  SharedCounters(SharedCounters&& other) noexcept : counters_(std::exchange(other.counters_, nullptr)) {}
  SharedCounters& operator=(SharedCounters&&) = delete;

  Counters& operator*() { return *counters_; }
  Counters* operator->() { return counters_; }

 private:
  explicit SharedCounters(Counters* counters) : counters_(counters) {}
  static Result<SharedCounters> map(const std::string& path, int flags);

  Counters* counters_;
};

}  // namespace varve
