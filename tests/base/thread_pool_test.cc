#include "base/real/thread_pool.h"

#include <gtest/gtest.h>
#include <kj/async-io.h>
#include <pthread.h>
#include <sys/resource.h>

#include <future>

namespace varve {
namespace {

class ThreadPoolTest : public testing::Test {
 protected:
  ~ThreadPoolTest() noexcept override {}

  kj::AsyncIoContext io_ = kj::setupAsyncIo();
  LoopMailbox mailbox_{io_.unixEventPort, io_.waitScope, std::chrono::microseconds(20)};
};

TEST_F(ThreadPoolTest, runs_work_elsewhere_and_brings_its_result_back) {
  ThreadPool pool(mailbox_, {.name = "test-", .threads = 2});
  auto here = std::this_thread::get_id();
  auto there = mailbox_.run_until(run_on(pool, [] { return std::this_thread::get_id(); }));
  EXPECT_NE(here, there);
  EXPECT_EQ(run_on(pool, [] { return 42; }).wait(io_.waitScope), 42);
}

TEST_F(ThreadPoolTest, names_its_threads_and_gives_way) {
  ThreadPool pool(mailbox_, {.name = "varve-work-", .threads = 1, .nice = 5});
  std::string name = mailbox_.run_until(run_on(pool, [] {
    char text[16];
    ::pthread_getname_np(::pthread_self(), text, sizeof text);
    return std::string(text) + " " + std::to_string(::getpriority(PRIO_PROCESS, 0));
  }));
  EXPECT_EQ(name, "varve-work-0 " + std::to_string(std::min(19, ::getpriority(PRIO_PROCESS, 0) + 5)));
}

TEST_F(ThreadPoolTest, finishes_thousands_of_jobs_from_all_its_threads) {
  for (auto spin : {std::chrono::microseconds(0), std::chrono::microseconds(20)}) {
    ThreadPool pool(mailbox_, {.name = "test-", .threads = 3, .longest_spin = spin});
    std::atomic<int> sum{0};
    kj::Vector<kj::Promise<void>> promises;
    for (int i = 0; i < 3000; ++i) promises.add(pool.run([&sum, i] { sum += i; }));
    mailbox_.run_until(kj::joinPromises(promises.releaseAsArray()));
    EXPECT_EQ(sum, 3000 * 2999 / 2);
  }
}

TEST_F(ThreadPoolTest, takes_back_what_has_not_begun) {
  ThreadPool pool(mailbox_, {.name = "test-", .threads = 1});
  std::promise<void> begun, go_on;
  bool ran = false;
  auto first = pool.run([&] {
    begun.set_value();
    go_on.get_future().wait();
  });
  begun.get_future().wait();
  {
    auto dropped = pool.run([&] { ran = true; });
  }
  go_on.set_value();
  mailbox_.run_until(kj::mv(first));
  mailbox_.run_until(pool.run([] {}));
  EXPECT_FALSE(ran);
}

TEST_F(ThreadPoolTest, waits_for_the_end_of_what_has_begun) {
  ThreadPool pool(mailbox_, {.name = "test-", .threads = 1});
  std::promise<void> begun;
  int steps = 0;  // not atomic: the wait is what orders the accesses
  {
    auto dropped = pool.run([&] {
      begun.set_value();
      for (int i = 0; i < 100000; ++i) steps = steps + 1;
    });
    begun.get_future().wait();
  }
  EXPECT_EQ(steps, 100000);
}

TEST_F(ThreadPoolTest, may_be_destroyed_with_posts_still_on_their_way) {
  for (int i = 0; i < 50; ++i) {
    ThreadPool pool(mailbox_, {.name = "test-", .threads = 2});
    auto dropped = pool.run([] {});
  }
  io_.waitScope.poll();
}

}  // namespace
}  // namespace varve
