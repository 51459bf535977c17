// Durations of about the last minute, and of all time: counts in buckets whose bounds grow by an eighth.
#pragma once

#include <array>
#include <bit>
#include <chrono>
#include <cstdint>

#include "journal/node_status.h"

namespace varve {

class LatencyWindow {
 public:
  // `now`: monotonic.
  void add(std::chrono::nanoseconds took, std::chrono::nanoseconds now) {
    turn(now);
    const auto us = static_cast<std::uint64_t>(std::max<std::int64_t>(took.count(), 0)) / 1000;
    ++count_;
    sum_us_ += us;
    Half& half = halves_[newest_];
    ++half.counts[bucket_of(us)];
    ++half.count;
    half.max_us = std::max(half.max_us, us);
  }

  LatencySummary summary(std::chrono::nanoseconds now) {
    turn(now);
    LatencySummary summary;
    summary.count = count_;
    summary.sum_us = sum_us_;
    summary.p50_us = quantile(50);
    summary.p90_us = quantile(90);
    summary.p99_us = quantile(99);
    summary.max_us = std::max(halves_[0].max_us, halves_[1].max_us);
    return summary;
  }

 private:
  static constexpr std::chrono::nanoseconds kHalf = std::chrono::seconds(30);
  static constexpr std::size_t kBuckets = 8 * 40;

  struct Half {
    std::array<std::uint32_t, kBuckets> counts{};
    std::uint64_t count = 0;
    std::uint64_t max_us = 0;
  };

  // Eight to each power of two.
  static std::size_t bucket_of(std::uint64_t us) {
    if (us < 8) return us;
    const unsigned power = 63 - static_cast<unsigned>(std::countl_zero(us));
    return std::min<std::size_t>(kBuckets - 1, 8 * (power - 2) + ((us >> (power - 3)) & 7));
  }
  static std::uint64_t upper_bound_of(std::size_t bucket) {
    if (bucket < 8) return bucket;
    const std::size_t power = bucket / 8 + 2;
    return ((8 + bucket % 8 + 1) << (power - 3)) - 1;
  }

  void turn(std::chrono::nanoseconds now) {
    if (now - turned_ < kHalf) return;
    newest_ = 1 - newest_;
    halves_[newest_] = Half();
    if (now - turned_ >= 2 * kHalf) halves_[1 - newest_] = Half();
    turned_ = now;
  }

  std::uint64_t quantile(std::uint64_t percent) const {
    const std::uint64_t all = halves_[0].count + halves_[1].count;
    if (all == 0) return 0;
    const std::uint64_t rank = (all * percent + 99) / 100;
    std::uint64_t seen = 0;
    for (std::size_t bucket = 0; bucket < kBuckets; ++bucket) {
      seen += halves_[0].counts[bucket] + halves_[1].counts[bucket];
      if (seen >= rank) return std::min(upper_bound_of(bucket), std::max(halves_[0].max_us, halves_[1].max_us));
    }
    return std::max(halves_[0].max_us, halves_[1].max_us);
  }

  std::array<Half, 2> halves_;
  std::size_t newest_ = 0;
  std::chrono::nanoseconds turned_{0};
  std::uint64_t count_ = 0;
  std::uint64_t sum_us_ = 0;
};

}  // namespace varve
