#include "ha/submit_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "base/bytes.h"

namespace varve {
namespace {

using ::testing::HasSubstr;

class SubmitQueueTest : public ::testing::Test {
 protected:
  using Admission = SubmitQueue::Admission;

  Admission submit(std::size_t bytes, SubmitQueue::Full full = SubmitQueue::Full::kRefuse) {
    Engine::Completion done = [this](const Result<Committed>&) { ++completed_; };
    error_.reset();
    const std::string transaction(bytes, 'x');
    return queue_.submit(as_bytes(transaction), done, full, error_);
  }

  SubmitQueueOptions options_{.transaction_bytes_max = 8192, .frame_bytes_max = 16384, .queue_bytes_max = 40000};
  int wakes_ = 0;
  int completed_ = 0;
  std::optional<Error> error_;
  SubmitQueue queue_{options_, [this] { ++wakes_; }};
};

TEST_F(SubmitQueueTest, transactions_gather_in_one_batch_in_order) {
  for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(submit(i), Admission::kTaken);
  auto batch = queue_.take();
  ASSERT_TRUE(batch);
  EXPECT_EQ(batch->completions.size(), 5u);
  EXPECT_EQ(batch->builder.transactions(), 5u);
  EXPECT_FALSE(queue_.take());
}

TEST_F(SubmitQueueTest, wakes_once_until_found_empty) {
  submit(1);
  submit(1);
  EXPECT_EQ(wakes_, 1);
  ASSERT_TRUE(queue_.take());
  submit(1);
  EXPECT_EQ(wakes_, 1) << "the loop has not yet found the queue empty: it will look again by itself";
  ASSERT_TRUE(queue_.take());
  EXPECT_FALSE(queue_.take());
  submit(1);
  EXPECT_EQ(wakes_, 2);
}

TEST_F(SubmitQueueTest, begins_a_new_batch_when_the_frame_is_full) {
  for (int i = 0; i < 4; ++i) EXPECT_EQ(submit(8000), Admission::kTaken);
  auto first = queue_.take_full();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->builder.transactions(), 2u);
  EXPECT_FALSE(queue_.take_full()) << "the last batch still fills";
  auto second = queue_.take();
  ASSERT_TRUE(second);
  EXPECT_EQ(second->builder.transactions(), 2u);
}

TEST_F(SubmitQueueTest, refuses_one_too_large_and_no_other) {
  EXPECT_EQ(submit(8193), Admission::kRefused);
  ASSERT_TRUE(error_);
  EXPECT_EQ(error_->code(), ErrorCode::kTooLarge);
  EXPECT_THAT(error_->text(), HasSubstr("8193"));
  EXPECT_THAT(error_->text(), HasSubstr("8192"));
  EXPECT_EQ(submit(8192), Admission::kTaken);
}

TEST_F(SubmitQueueTest, is_full_until_bytes_are_released) {
  for (int i = 0; i < 4; ++i) ASSERT_EQ(submit(8000), Admission::kTaken);
  EXPECT_EQ(submit(8000), Admission::kFull);
  EXPECT_EQ(submit(8000, SubmitQueue::Full::kPass), Admission::kTaken) << "the loop's own thread never waits for itself";
  auto batch = queue_.take();
  EXPECT_EQ(submit(8000), Admission::kFull) << "taken is not yet durable";
  queue_.release(batch->bytes);
  EXPECT_EQ(submit(7000), Admission::kTaken);
}

TEST_F(SubmitQueueTest, blocked_submitter_goes_on_after_release) {
  for (int i = 0; i < 4; ++i) ASSERT_EQ(submit(8000), Admission::kTaken);
  auto blocked = std::async(std::launch::async, [this] { return submit(8000, SubmitQueue::Full::kBlock); });
  auto batch = queue_.take();
  queue_.release(batch->bytes);
  EXPECT_EQ(blocked.get(), Admission::kTaken);
}

TEST_F(SubmitQueueTest, close_refuses_new_and_blocked_ones_and_keeps_what_it_has) {
  for (int i = 0; i < 4; ++i) ASSERT_EQ(submit(8000), Admission::kTaken);
  auto blocked = std::async(std::launch::async, [this] { return submit(8000, SubmitQueue::Full::kBlock); });
  queue_.close(Error(ErrorCode::kClosed, "closing"));
  EXPECT_EQ(blocked.get(), Admission::kRefused);
  EXPECT_EQ(error_->code(), ErrorCode::kClosed);
  EXPECT_EQ(submit(1), Admission::kRefused);
  ASSERT_TRUE(queue_.take());
}

}  // namespace
}  // namespace varve
