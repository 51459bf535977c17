#include <gtest/gtest.h>

#include <algorithm>

#include "journal/latency_window.h"

namespace varve {
namespace {

using std::chrono::microseconds;
using std::chrono::seconds;

TEST(LatencyWindow, nothing_yet_is_all_zero) {
  LatencyWindow window;
  const LatencySummary summary = window.summary(seconds(5));
  EXPECT_EQ(summary.count, 0u);
  EXPECT_EQ(summary.p50_us, 0u);
  EXPECT_EQ(summary.p99_us, 0u);
  EXPECT_EQ(summary.max_us, 0u);
}

// Every size from 0 to minutes, alone in a window.
TEST(LatencyWindow, one_duration_is_every_quantile_and_never_off_by_more_than_an_eighth) {
  for (std::uint64_t us = 0; us < 200'000'000; us += 1 + us / 50) {
    LatencyWindow window;
    window.add(microseconds(us), seconds(1));
    window.add(microseconds(10 * us + 10), seconds(1));  // so that the maximum does not bound the median
    const LatencySummary summary = window.summary(seconds(1));
    EXPECT_GE(summary.p50_us, us);
    EXPECT_LE(summary.p50_us, us + us / 8);
    EXPECT_EQ(summary.max_us, 10 * us + 10);
  }
}

TEST(LatencyWindow, quantiles_of_a_thousand) {
  LatencyWindow window;
  for (std::uint64_t us = 1; us <= 1000; ++us) window.add(microseconds(us), seconds(1));
  const LatencySummary summary = window.summary(seconds(1));
  EXPECT_NEAR(static_cast<double>(summary.p50_us), 500, 500 / 8.0);
  EXPECT_NEAR(static_cast<double>(summary.p90_us), 900, 900 / 8.0);
  EXPECT_NEAR(static_cast<double>(summary.p99_us), 990, 990 / 8.0);
  EXPECT_EQ(summary.max_us, 1000u);
  EXPECT_EQ(summary.count, 1000u);
  EXPECT_EQ(summary.sum_us, 500'500u);
}

TEST(LatencyWindow, forgets_after_a_minute_or_two_but_keeps_the_totals) {
  LatencyWindow window;
  window.add(microseconds(5000), seconds(100));
  window.add(microseconds(10), seconds(129));
  EXPECT_EQ(window.summary(seconds(129)).max_us, 5000u);
  window.add(microseconds(10), seconds(135));
  EXPECT_EQ(window.summary(seconds(135)).max_us, 5000u) << "half of the window is kept";
  window.add(microseconds(10), seconds(170));
  EXPECT_EQ(window.summary(seconds(170)).max_us, 10u);
  EXPECT_EQ(window.summary(seconds(1000)).max_us, 0u);
  EXPECT_EQ(window.summary(seconds(1000)).p99_us, 0u);
  EXPECT_EQ(window.summary(seconds(1000)).count, 4u);
}

TEST(LatencyWindow, absurd_durations_are_counted_and_break_nothing) {
  LatencyWindow window;
  window.add(std::chrono::nanoseconds(-5), seconds(1));
  window.add(std::chrono::nanoseconds::max(), seconds(1));
  const LatencySummary summary = window.summary(seconds(1));
  EXPECT_EQ(summary.count, 2u);
  EXPECT_EQ(summary.p50_us, 0u);
  EXPECT_GT(summary.p99_us, 1'000'000'000u);
}

}  // namespace
}  // namespace varve
