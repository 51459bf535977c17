#include "checkpointer/checkpoint_policy.h"

#include <gtest/gtest.h>

namespace varve {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

CheckpointPolicy policy() {
  CheckpointPolicy policy;
  policy.transactions = 1000;
  policy.log_bytes = 1 << 20;
  policy.interval = minutes(10);
  return policy;
}

TEST(CheckpointPolicy, is_due_when_any_trigger_is_reached) {
  EXPECT_FALSE(checkpoint_is_due(policy(), {.transactions = 999, .log_bytes = (1 << 20) - 1, .time = minutes(10) - seconds(1)}));
  EXPECT_TRUE(checkpoint_is_due(policy(), {.transactions = 1000, .log_bytes = 1, .time = seconds(1)}));
  EXPECT_TRUE(checkpoint_is_due(policy(), {.transactions = 1, .log_bytes = 1 << 20, .time = seconds(1)}));
  EXPECT_TRUE(checkpoint_is_due(policy(), {.transactions = 1, .log_bytes = 1, .time = minutes(10)}));
}

TEST(CheckpointPolicy, is_never_due_when_nothing_was_applied) {
  EXPECT_FALSE(checkpoint_is_due(policy(), {.transactions = 0, .log_bytes = 0, .time = hours(1000)}));
}

TEST(CheckpointPolicy, zero_switches_a_trigger_off) {
  CheckpointPolicy off = policy();
  off.transactions = 0;
  off.log_bytes = 0;
  off.interval = seconds(0);
  EXPECT_FALSE(checkpoint_is_due(off, {.transactions = 1u << 30, .log_bytes = 1ull << 40, .time = hours(1000)}));
}

TEST(CheckpointPolicy, retries_wait_twice_as_long_each_time_up_to_a_bound) {
  CheckpointPolicy p = policy();
  p.retry_first = seconds(1);
  p.retry_max = seconds(30);
  EXPECT_EQ(retry_delay(p, 1), seconds(1));
  EXPECT_EQ(retry_delay(p, 2), seconds(2));
  EXPECT_EQ(retry_delay(p, 5), seconds(16));
  EXPECT_EQ(retry_delay(p, 6), seconds(30));
  EXPECT_EQ(retry_delay(p, 1u << 20), seconds(30));
}

// Ten final segments of 100 transactions and 1000 bytes each, and one in progress.
std::vector<SegmentInfo> segments() {
  std::vector<SegmentInfo> all;
  for (std::uint64_t first = 1; first <= 901; first += 100)
    all.push_back({.name = {TxId{first}, TxId{first + 99}}, .last = TxId{first + 99}, .bytes = 1000});
  all.push_back({.name = {TxId{1001}, std::nullopt}, .last = TxId{1050}, .bytes = 4000});
  return all;
}

CheckpointPolicy keep(std::uint64_t transactions, std::uint32_t count, std::uint64_t bytes) {
  CheckpointPolicy p;
  p.extra_transactions = transactions;
  p.extra_segments = count;
  p.extra_bytes = bytes;
  return p;
}

TEST(PurgeLimit, keeps_extra_transactions_below_the_oldest_image) {
  EXPECT_EQ(purge_limit(keep(250, 1000, 1 << 30), TxId{1000}, segments()), TxId{750});
}

TEST(PurgeLimit, keeps_all_when_the_image_is_young) {
  EXPECT_EQ(purge_limit(keep(5000, 1000, 1 << 30), TxId{1000}, segments()), TxId{0});
}

TEST(PurgeLimit, caps_the_extra_log_by_segments) {
  EXPECT_EQ(purge_limit(keep(5000, 3, 1 << 30), TxId{1000}, segments()), TxId{700});
}

TEST(PurgeLimit, caps_the_extra_log_by_bytes) {
  EXPECT_EQ(purge_limit(keep(5000, 1000, 2500), TxId{1000}, segments()), TxId{800});
}

TEST(PurgeLimit, never_passes_the_oldest_image) {
  for (std::uint64_t image = 1; image <= 1050; ++image) EXPECT_LE(purge_limit(keep(0, 0, 0), TxId{image}, segments()).value, image);
}

TEST(PurgeLimit, does_not_count_segments_above_the_image_as_extra) {
  EXPECT_EQ(purge_limit(keep(5000, 2, 1 << 30), TxId{550}, segments()), TxId{300});
}

}  // namespace
}  // namespace varve
