// Walks one write path through every crash: before each of its disk operations, with each legal outcome of what was not synced.
//
//   class AppendScenario final : public CrashScenario { ... };
//   CrashWalkReport report = walk_crashes([] { return std::make_unique<AppendScenario>(); });
//   EXPECT_TRUE(report.passed()) << report.text();
//
// The operation and outcome of a failure are printed with the environment variable that makes the walk try only that one:
//   VARVE_CRASH_CASE=17.5 build/release/tests/editlog/editlog_test --gtest_filter=LocalLogCrash.append
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/sim/sim_world.h"
#include "tests/support/crash_outcomes.h"
#include "tests/support/exhaustive_stride.h"

namespace varve {

// A path under test, and what it acknowledged. A new one is made for each crash point; everything in it is deterministic.
// Members hold notes only, nothing of a world: it is gone when the next step begins.
class CrashScenario {
 public:
  virtual ~CrashScenario() noexcept(false) {}

  // What stands before; all of it is made durable afterwards.
  virtual kj::Promise<Result<void>> setup(SimWorld&) { return Result<void>(); }

  // The work. Notes in members what it was promised, as it was promised. Dropped at the crash; what it leaves open at its end is
  // dropped too.
  virtual kj::Promise<Result<void>> run(SimWorld& world) = 0;

  // Opens what the crash left and compares it with the notes; an error is a violation. Called once for each outcome, each time in a
  // new world: it must not change the notes.
  virtual kj::Promise<Result<void>> check(SimWorld& world) = 0;

  // Opens what the crash left, as check() does, and nothing more. When given, a second crash happens at some operation of it, and
  // check() sees what both left. So does it after a kill at the same place, which leaves everything unsynced in the page cache: the
  // power then fails in the recovery.
  virtual kj::Promise<Result<void>> recover(SimWorld&) { return Result<void>(); }
};

using CrashScenarioFactory = std::function<std::unique_ptr<CrashScenario>()>;

struct CrashWalkOptions {
  std::uint64_t seed = 1;
  CrashOutcomeBounds outcomes;
  bool sync_is_noop = false;              // a disk that lies: the walk must then fail, or it is blind
  std::size_t failures_max = 1;           // stop after so many
  std::uint64_t second_crashes_max = 60;  // after each kill: before each operation of the recovery, or before so many by chance
  std::uint64_t operation_stride = kExhaustiveStride;  // 1: before each operation; n: before each n-th, for walks that would take too long
};

struct CrashWalkReport {
  std::uint64_t operations = 0;  // of the path that change the disk
  std::uint64_t cases = 0;       // crashes tried
  std::uint64_t crash_after_crash = 0;
  std::uint64_t crash_after_kill = 0;
  std::vector<std::string> failures;

  bool passed() const { return failures.empty() && cases > 0; }
  std::string text() const;
};

CrashWalkReport walk_crashes(const CrashScenarioFactory& make, const CrashWalkOptions& options = {});

}  // namespace varve
