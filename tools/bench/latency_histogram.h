// Latencies in logarithmic buckets, each cut into 64: a quantile is off by less than 1.6 %.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cstdint>

namespace varve {

class LatencyHistogram {
 public:
  void add(std::chrono::nanoseconds latency) {
    const auto value = static_cast<std::uint64_t>(std::max<std::int64_t>(latency.count(), 0));
    ++counts_[index_of(value)];
    ++total_;
    max_ = std::max(max_, value);
  }
  void add(const LatencyHistogram& other) {
    for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
    total_ += other.total_;
    max_ = std::max(max_, other.max_);
  }
  void clear() { *this = LatencyHistogram(); }

  std::uint64_t count() const { return total_; }
  double max_us() const { return static_cast<double>(max_) / 1e3; }
  // 0 < quantile < 1; 0 when empty.
  double quantile_us(double quantile) const {
    const auto wanted = static_cast<std::uint64_t>(quantile * static_cast<double>(total_));
    std::uint64_t below = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      below += counts_[i];
      if (below > wanted) return static_cast<double>(value_of(i)) / 1e3;
    }
    return max_us();
  }

 private:
  static constexpr unsigned kSubBits = 6;
  static constexpr std::uint64_t kSub = 1u << kSubBits;

  static std::size_t index_of(std::uint64_t value) {
    if (value < kSub) return value;
    const unsigned exponent = 63u - static_cast<unsigned>(std::countl_zero(value));
    return (exponent - kSubBits + 1) * kSub + ((value >> (exponent - kSubBits)) & (kSub - 1));
  }
  static std::uint64_t value_of(std::size_t index) {
    if (index < kSub) return index;
    const std::uint64_t exponent = index / kSub + kSubBits - 1;
    return (kSub + index % kSub) << (exponent - kSubBits);
  }

  std::array<std::uint64_t, (64 - kSubBits + 1) * kSub> counts_{};
  std::uint64_t total_ = 0;
  std::uint64_t max_ = 0;
};

}  // namespace varve
