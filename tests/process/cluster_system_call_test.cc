// A journal node that is killed at its n-th system call of each kind on the way of an append, a roll, a promise and a cut. strace does it.
#include <signal.h>

#include <iostream>

#include "tests/process/cluster_test.h"

namespace varve {
namespace {

class ClusterSystemCallTest : public ClusterTest {
 protected:
  void SetUp() override {
    VARVE_NEEDS_PROGRAM("strace");
    if (run({{find_program("strace"), "-qq", "-o", "/dev/null", find_program("true")}, {}}).status != 0)
      GTEST_SKIP() << "strace may not trace here";
    options = {"--interval-us", "2000", "--segment-bytes", "131072"};
    begin(3);
  }

  static constexpr std::size_t kVictim = 2;

  // The victim runs until its n-th `call`, counted in each thread; the tracer stands aside, so that the process is the daemon's own.
  void launch_victim(const std::string& call, int n) {
    node(kVictim).prefix = {find_program("strace"),
                            "-D",
                            "-f",
                            "-qq",
                            "-o",
                            "/dev/null",
                            "-e",
                            "trace=" + call,
                            "-e",
                            "inject=" + call + ":signal=KILL:when=" + std::to_string(n)};
    node(kVictim).launch();
    node(kVictim).prefix.clear();
  }
  // True when it died of it, at its start or within what the writer acknowledges after that.
  bool victim_dies(std::uint64_t within) {
    node(kVictim).wait_until_ready();
    const std::uint64_t target = record().acknowledged() + within;
    node(kVictim).process().wait_until([&] { return record().acknowledged() >= target || process().ended(); });
    return !node(kVictim).runs();
  }
  void restart_victim() {
    if (node(kVictim).runs()) kill_node(kVictim);
    start_node(kVictim);
  }
  // A tail that only the victim has, of a writer that is gone; the others go on without it.
  void leave_a_tail_with_the_victim() {
    write(1);
    for (std::size_t i = 0; i < kVictim; ++i) kill_node(i);
    pass(std::chrono::milliseconds(30));
    kill();
    kill_node(kVictim);
    for (std::size_t i = 0; i < kVictim; ++i) start_node(i);
  }
  bool victim_has_cut() { return node(kVictim).process().output().find("took back txids") != std::string::npos; }
  void expect_all_well() {
    EXPECT_EQ(check(), "");
    EXPECT_EQ(compare_files(), "");
  }
};

TEST_F(ClusterSystemCallTest, nothing_is_lost_by_a_kill_at_any_system_call_of_an_append_or_a_roll) {
  int kills = 0;
  write();
  for (const char* call : {"pwritev2", "fdatasync", "fsync", "ftruncate", "fallocate", "renameat", "writev"})
    for (int n = 1; n <= 9 && !HasFatalFailure(); n *= 3) {
      kill_node(kVictim);
      launch_victim(call, n);
      if (victim_dies(1500)) ++kills;
      restart_victim();
      ASSERT_EQ(level(), "") << call << " number " << n;
    }
  kill();
  std::cout << kills << " kills\n";
  EXPECT_GE(kills, 15) << "the node was hardly ever killed";
  expect_all_well();
}

TEST_F(ClusterSystemCallTest, nothing_is_lost_by_a_kill_at_any_system_call_of_a_promise) {
  int kills = 0;
  ASSERT_EQ(check(), "");
  for (const char* call : {"pwritev2", "fdatasync", "fsync", "writev", "write"})
    for (int n = 1; n <= 9 && !HasFatalFailure(); n += 2) {
      kill_node(kVictim);
      launch_victim(call, n);
      node(kVictim).wait_until_ready();  // or it dies before
      const Ran ran = run(writer("write", {"--count", "10"}));
      ASSERT_EQ(ran.status, 0) << call << " number " << n << ": " << ran.output;
      if (!node(kVictim).runs()) ++kills;
      restart_victim();
    }
  std::cout << kills << " kills\n";
  EXPECT_GE(kills, 10) << "the node was hardly ever killed";
  expect_all_well();
}

TEST_F(ClusterSystemCallTest, nothing_is_lost_by_a_kill_at_any_system_call_of_a_cut) {
  int kills = 0;
  int cuts = 0;
  for (const char* call : {"pwritev2", "fdatasync", "ftruncate"})
    for (int n = 1; n <= 7 && !HasFatalFailure(); n += 2) {
      leave_a_tail_with_the_victim();
      write(1);
      if (HasFatalFailure()) return;
      launch_victim(call, n);
      if (victim_dies(1000)) ++kills;
      if (victim_has_cut()) ++cuts;
      restart_victim();
      EXPECT_EQ(level(), "") << call << " number " << n;
      if (victim_has_cut()) ++cuts;
      kill();
    }
  std::cout << kills << " kills, " << cuts << " cuts\n";
  EXPECT_GE(kills, 5) << "the node was hardly ever killed";
  EXPECT_GE(cuts, 3) << "there was hardly ever anything to cut";
  expect_all_well();
}

}  // namespace
}  // namespace varve
