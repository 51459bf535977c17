#include "base/real/loop_mailbox.h"

#include <gtest/gtest.h>
#include <kj/async-io.h>

#include <thread>

#include "base/task.h"

namespace varve {
namespace {

class LoopMailboxTest : public testing::TestWithParam<std::chrono::microseconds> {
 protected:
  ~LoopMailboxTest() noexcept override {}

  kj::AsyncIoContext io_ = kj::setupAsyncIo();
  LoopMailbox mailbox_{io_.unixEventPort, io_.waitScope, GetParam()};
};

// The two ways of waiting, each with posts from other threads.
TEST_P(LoopMailboxTest, runs_everything_posted_in_order_on_its_own_thread) {
  constexpr int kThreads = 4;
  constexpr int kPosts = 5000;
  std::vector<int> seen(kThreads, 0);
  int total = 0;
  auto paf = kj::newPromiseAndFulfiller<void>();
  auto loop_thread = std::this_thread::get_id();
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < kPosts; ++i)
        mailbox_.post([&, t, i] {
          EXPECT_EQ(std::this_thread::get_id(), loop_thread);
          EXPECT_EQ(seen[t]++, i);
          if (++total == kThreads * kPosts) paf.fulfiller->fulfill();
        });
    });
  mailbox_.run_until(kj::mv(paf.promise));
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(total, kThreads * kPosts);
}

TEST_P(LoopMailboxTest, wakes_a_plain_wait) {
  for (int i = 0; i < 100; ++i) {
    auto paf = kj::newPromiseAndFulfiller<void>();
    std::thread thread([&] { mailbox_.post([&] { paf.fulfiller->fulfill(); }); });
    paf.promise.wait(io_.waitScope);
    thread.join();
  }
}

TEST_P(LoopMailboxTest, wakes_a_loop_that_sleeps) {
  for (int i = 0; i < 50; ++i) {
    auto paf = kj::newPromiseAndFulfiller<void>();
    std::thread thread([&] { mailbox_.post([&] { paf.fulfiller->fulfill(); }); });
    mailbox_.run_until(kj::mv(paf.promise));
    thread.join();
  }
}

TEST_P(LoopMailboxTest, delivers_what_was_posted_while_nobody_ran_the_loop) {
  auto paf = kj::newPromiseAndFulfiller<int>();
  mailbox_.post([&] { paf.fulfiller->fulfill(7); });
  EXPECT_EQ(mailbox_.run_until(kj::mv(paf.promise)), 7);
  auto again = kj::newPromiseAndFulfiller<int>();
  mailbox_.post([&] { again.fulfiller->fulfill(8); });
  EXPECT_EQ(again.promise.wait(io_.waitScope), 8);
}

TEST_P(LoopMailboxTest, keeps_timers_and_exceptions_going) {
  mailbox_.run_until(io_.provider->getTimer().afterDelay(3 * kj::MILLISECONDS));
  kj::Promise<void> failing = KJ_EXCEPTION(FAILED, "so be it");
  EXPECT_THROW(mailbox_.run_until(kj::mv(failing)), kj::Exception);
  auto late = io_.provider->getTimer().afterDelay(3 * kj::MILLISECONDS).then([]() -> int { KJ_FAIL_REQUIRE("late"); });
  EXPECT_THROW(mailbox_.run_until(kj::mv(late)), kj::Exception);
}

Task<void> post_and_spin(LoopMailbox& mailbox, bool& stop) {
  while (!stop) co_await mailbox.yield();
}

TEST_P(LoopMailboxTest, gives_posts_their_turn_between_yields) {
  bool stop = false;
  std::thread thread([&] { mailbox_.post([&] { stop = true; }); });
  mailbox_.run_until(kj::Promise<void>(post_and_spin(mailbox_, stop)));
  thread.join();
  stop = false;
  std::thread second([&] { mailbox_.post([&] { stop = true; }); });
  kj::Promise<void>(post_and_spin(mailbox_, stop)).wait(io_.waitScope);
  second.join();
}

// Work that is always ready, as of a socket whose sender is fast; given up only so that a loop that starves fails and does not hang.
class EndlessWork {
 public:
  kj::Promise<void> run_until(const bool& stop) { return go_on(stop).eagerlyEvaluate(nullptr); }
  bool given_up() const { return turns_ == kTurnsMax; }

 private:
  static constexpr std::uint64_t kTurnsMax = 20'000'000;

  kj::Promise<void> go_on(const bool& stop) {
    if (stop || ++turns_ == kTurnsMax) return kj::READY_NOW;
    return kj::evalLater([this, &stop] { return go_on(stop); });
  }

  std::uint64_t turns_ = 0;
};

TEST_P(LoopMailboxTest, gives_timers_their_turn_while_work_is_always_ready) {
  bool stop = false;
  EndlessWork work;
  auto timer = io_.provider->getTimer().afterDelay(20 * kj::MILLISECONDS).then([&] { stop = true; }).eagerlyEvaluate(nullptr);
  mailbox_.run_until(work.run_until(stop));
  EXPECT_FALSE(work.given_up());
}

TEST_P(LoopMailboxTest, gives_posts_their_turn_while_work_is_always_ready) {
  bool stop = false;
  EndlessWork work;
  auto endless = work.run_until(stop);
  std::thread thread([&] { mailbox_.post([&] { stop = true; }); });
  mailbox_.run_until(kj::mv(endless));
  thread.join();
  EXPECT_FALSE(work.given_up());
}

TEST_P(LoopMailboxTest, gives_descriptors_their_turn_while_work_is_always_ready) {
  bool stop = false;
  EndlessWork work;
  auto pipe = io_.provider->newOneWayPipe();
  char byte = 0;
  auto read = pipe.in->read(&byte, 1).then([&] { stop = true; }).eagerlyEvaluate(nullptr);
  auto written =
      io_.provider->getTimer().afterDelay(2 * kj::MILLISECONDS).then([&] { return pipe.out->write("x", 1); }).eagerlyEvaluate(nullptr);
  mailbox_.run_until(work.run_until(stop));
  EXPECT_FALSE(work.given_up());
}

INSTANTIATE_TEST_SUITE_P(Spin, LoopMailboxTest, testing::Values(std::chrono::microseconds(0), std::chrono::microseconds(50)),
                         [](const auto& chosen) { return chosen.param.count() == 0 ? "never" : "short"; });

}  // namespace
}  // namespace varve
