// A writer process that is killed, stopped and continued: the page cache survives, the process's own memory does not.
#include <signal.h>

#include "tests/process/writer_test.h"

namespace varve {
namespace {

class KillTest : public WriterTest {};

TEST_F(KillTest, nothing_acknowledged_is_lost_by_kills_at_any_moment) {
  for (int round = 0; round < 25; ++round) {
    start(writer("write"));
    wait_for_acknowledged(1 + below(3000));
    if (HasFatalFailure()) return;
    kill();
    ASSERT_EQ(check(), "") << "round " << round << ", seed " << seed();
  }
}

TEST_F(KillTest, nothing_is_lost_by_kills_before_it_is_open) {
  start(writer("write"));
  wait_for_acknowledged(5000);
  kill();
  for (int round = 0; round < 20; ++round) {
    start(writer("write"));
    const auto until = std::chrono::steady_clock::now() + std::chrono::microseconds(below(30'000));
    process().wait_until([&] { return std::chrono::steady_clock::now() >= until; });
    kill();
  }
  EXPECT_EQ(check(), "") << "seed " << seed();
}

TEST_F(KillTest, a_stopped_process_goes_on_when_it_is_continued) {
  start(writer("write"));
  wait_for_acknowledged(1);
  for (int round = 0; round < 10 && !HasFatalFailure(); ++round) {
    wait_for_more(200);
    process().signal(SIGSTOP);
    const Ran second = try_check();
    EXPECT_EQ(second.status, 3) << "a stopped process still holds the directory";
    EXPECT_THAT(second.output, ::testing::HasSubstr("failed (locked)"));
    process().signal(SIGCONT);
  }
  wait_for_more(200);
  kill();
  EXPECT_EQ(check(), "");
}

TEST_F(KillTest, a_process_killed_while_stopped_frees_the_directory) {
  start(writer("write"));
  wait_for_acknowledged(100);
  process().signal(SIGSTOP);
  kill();
  EXPECT_EQ(check(), "");
}

}  // namespace
}  // namespace varve
