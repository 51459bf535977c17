// A writer process that is killed at, or failed by, its n-th system call of each kind that changes the disk. strace does it.
#include <signal.h>

#include <fstream>
#include <sstream>

#include "tests/process/writer_test.h"

namespace varve {
namespace {

using ::testing::HasSubstr;

class SystemCallTest : public WriterTest {
 protected:
  void SetUp() override {
    VARVE_NEEDS_PROGRAM("strace");
    options = {"--segment-bytes", "65536", "--segment-transactions", "60", "--checkpoint-every", "100", "--in-flight", "8",
               "--ballast",       "20000"};
    if (run({{find_program("strace"), "-qq", "-o", "/dev/null", find_program("true")}, {}}).status != 0)
      GTEST_SKIP() << "strace may not trace here";
  }

  // A writer of a few hundred transactions, with `what` done to its n-th `call`, counted in each thread.
  Launch writer_with(const std::string& call, const std::string& what, int n) const {
    Launch launch = writer("write", {"--count", "250"});
    const std::vector<std::string> prefix = {find_program("strace"),
                                             "-f",
                                             "-qq",
                                             "-o",
                                             calls_made(),
                                             "-e",
                                             "trace=" + call,
                                             "-e",
                                             "inject=" + call + ":" + what + ":when=" + std::to_string(n)};
    launch.command.insert(launch.command.begin(), prefix.begin(), prefix.end());
    launch.environment.push_back("ASAN_OPTIONS=detect_leaks=0");  // its leak detector cannot work in a traced process
    return launch;
  }

  // False when the writer was over before its n-th call.
  bool was_injected() const {
    std::ostringstream text;
    text << std::ifstream(calls_made()).rdbuf();
    return text.str().find("(INJECTED)") != std::string::npos;
  }

 private:
  std::string calls_made() const { return scratch() + "/calls"; }
};

constexpr const char* kCalls[] = {"pwritev2", "pwrite64", "fdatasync", "fsync", "renameat", "unlinkat", "ftruncate", "fallocate", "mkdir"};

TEST_F(SystemCallTest, nothing_is_lost_by_a_kill_at_any_system_call) {
  int kills = 0;
  for (const char* call : kCalls)
    for (int n = 1; n < 100; n += 1 + n / 3) {
      const Ran ran = run(writer_with(call, "signal=KILL", n));
      ASSERT_EQ(check(), "") << call << " number " << n;
      if (ran.status == 0) break;  // it was over before
      ++kills;
    }
  EXPECT_GT(kills, 20) << "the writer was hardly ever killed";
}

TEST_F(SystemCallTest, an_error_of_any_system_call_is_reported_and_loses_nothing) {
  int injected = 0;
  int reported = 0;
  for (const char* call : kCalls)
    for (const char* error : {"EIO", "ENOSPC"})
      for (int n = 1; n < 100; n += 1 + n / 2) {
        const Ran ran = run(writer_with(call, std::string("error=") + error, n));
        if (!was_injected()) break;
        ++injected;
        ASSERT_TRUE(ran.status == 0 || ran.status == 3) << call << " number " << n << ": " << ran.output;
        if (ran.status == 3) {
          EXPECT_THAT(ran.output, HasSubstr("failed (")) << call << " number " << n;
          ++reported;
        }
        ASSERT_EQ(check(), "") << error << " of " << call << " number " << n;
      }
  EXPECT_GT(injected, 40);
  EXPECT_GT(reported, 25);
  std::cout << injected << " calls failed, " << reported << " of them ended the writer\n";
}

// A failed sync must never be taken for a good one.
TEST_F(SystemCallTest, a_failed_sync_of_the_log_is_never_an_acknowledgement) {
  ASSERT_EQ(check(), "");
  const std::uint64_t before = record().acknowledged();
  const Ran ran = run([&] {
    Launch launch = writer_with("pwritev2", "error=EIO", 1);
    launch.command[8] = "inject=pwritev2:error=EIO";  // each of them
    return launch;
  }());
  EXPECT_EQ(ran.status, 3) << ran.output;
  EXPECT_THAT(ran.output, HasSubstr("journal/"));
  EXPECT_EQ(record().acknowledged(), before);
  EXPECT_EQ(check(), "");
}

}  // namespace
}  // namespace varve
