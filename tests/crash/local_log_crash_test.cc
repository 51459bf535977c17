// Every write path of the local log, crashed before each disk operation, with every outcome of what was not synced.
#include <gtest/gtest.h>

#include "tests/crash/log_scenario.h"

namespace varve {
namespace {

class FormatScenario final : public LogScenario {
  Task<Result<void>> do_setup(SimWorld& world) override {
    auto directory = co_await world.disk().create_directory(kLogPath);
    if (!directory) co_return fail(directory.error());
    co_return ok();
  }
  Task<Result<void>> do_run(SimWorld& world) override {
    CO_TRY(co_await format_test_log(world));
    formatted_ = true;
    CO_ASSIGN_OR_RETURN(kj::Own<LocalLog> log, co_await open_test_log(world, options_));
    source_ = FrameSource(log->end());
    source_.set_committed(log->end().txid);
    std::vector<FramePtr> frames{source_.segment_start(), source_.data({20})};
    co_return co_await append(*log, frames);
  }
  Task<Result<void>> work(SimWorld&, LocalLog&) override { co_return ok(); }
};

class AppendScenario final : public LogScenario {
  Task<Result<void>> work(SimWorld&, LocalLog& log) override {
    CO_TRY(co_await append_data(log, 100));
    std::vector<FramePtr> several{source_.data({700, 10}), source_.epoch_start(), source_.data({5})};
    CO_TRY(co_await append(log, several));
    // Zeros of the user's own are not taken for a zeroed sector.
    std::vector<FramePtr> zeros{source_.texts({std::string(1800, '\0')})};
    CO_TRY(co_await append(log, zeros));
    co_return co_await append_data(log, 1500);
  }
};

class RollScenario final : public LogScenario {
  Task<Result<void>> work(SimWorld& world, LocalLog& log) override {
    CO_TRY(co_await append_data(log, 300));
    CO_TRY(co_await roll(log, 10));
    CO_TRY(co_await append_data(log, 600));
    co_await world.clock().after(std::chrono::milliseconds(1));
    std::vector<FramePtr> across{source_.data({40}), source_.segment_start(), source_.data({50}), source_.segment_start()};
    CO_TRY(co_await append(log, across));
    co_await world.clock().after(std::chrono::milliseconds(1));
    co_return co_await append_data(log, 60);
  }
};

class LargeFrameScenario final : public LogScenario {
  Task<Result<void>> work(SimWorld&, LocalLog& log) override {
    CO_TRY(co_await roll(log, 1200u << 10));
    co_return co_await append_data(log, 10);
  }
};

class PromiseScenario final : public LogScenario {
  Task<Result<void>> work(SimWorld&, LocalLog& log) override {
    CO_TRY(co_await promise(log, Epoch{2}));
    CO_TRY(co_await append_data(log, 10));
    CO_TRY(co_await log.write_mark());
    CO_TRY(co_await promise(log, Epoch{7}));
    co_return ok();
  }
};

class PurgeScenario final : public LogScenario {
  Task<Result<void>> prepare(LocalLog& log) override {
    for (int i = 0; i < 3; ++i) CO_TRY(co_await roll(log, 10));
    co_return ok();
  }
  Task<Result<void>> work(SimWorld&, LocalLog& log) override {
    CO_TRY(co_await purge(log, TxId{3}));
    CO_TRY(co_await append_data(log, 10));
    co_return co_await purge(log, TxId{6});
  }
};

// Processes that are killed, one after the other: each recovers what the one before left in the page cache.
class KillScenario final : public LogScenario {
  Task<Result<void>> do_run(SimWorld& world) override {
    for (int i = 0; i < 3; ++i) {
      CO_ASSIGN_OR_RETURN(kj::Own<LocalLog> log, co_await open_test_log(world, options_));
      log->set_committed(log->end());
      CO_TRY(co_await append_data(*log, 400));
      if (i == 1) CO_TRY(co_await roll(*log, 10));
    }
    co_return ok();
  }
  Task<Result<void>> work(SimWorld&, LocalLog&) override { co_return ok(); }
};

class ReserveScenario final : public LogScenario {
 public:
  ReserveScenario() { options_ = small_log(16u << 10); }

 private:
  Task<Result<void>> work(SimWorld& world, LocalLog& log) override {
    co_await world.clock().after(std::chrono::milliseconds(1));
    co_return co_await roll(log, 10);
  }
};

// A cut inside a segment with whole segments above it, one at the end of a segment, and one down to the start of another reign.
class CutScenario final : public LogScenario {
  Task<Result<void>> work(SimWorld&, LocalLog& log) override {
    std::vector<FramePtr> kept{source_.data({700})};
    CO_TRY(co_await store(log, kept));
    const LogPosition inside = log.end();
    const std::size_t frames = offered();
    std::vector<FramePtr> above{source_.data({900}), source_.segment_start(), source_.data({40}), source_.segment_start()};
    CO_TRY(co_await store(log, above));
    CO_TRY(co_await cut(log, inside, frames));
    std::vector<FramePtr> other{source_.epoch_start(), source_.data({300})};
    CO_TRY(co_await store(log, other));
    const LogPosition end = log.end();
    const std::size_t more = offered();
    std::vector<FramePtr> rolled{source_.segment_start(), source_.data({60})};
    CO_TRY(co_await store(log, rolled));
    CO_TRY(co_await log.write_mark());
    CO_TRY(co_await cut(log, end, more));
    co_return co_await append_data(log, 80);
  }
};

// What was rolled and committed is finalized; a cut behind it leaves nothing that grows.
class CutToFinalizedScenario final : public LogScenario {
  Task<Result<void>> work(SimWorld& world, LocalLog& log) override {
    CO_TRY(co_await append_data(log, 100));
    const LogPosition end = log.end();
    const std::size_t frames = offered();
    std::vector<FramePtr> rolled{source_.segment_start(), source_.data({60})};
    CO_TRY(co_await store(log, rolled));
    co_await world.clock().after(std::chrono::milliseconds(1));
    CO_TRY(co_await cut(log, end, frames));
    co_return co_await roll(log, 10);
  }
};

class RestartScenario final : public LogScenario {
  Task<Result<void>> work(SimWorld& world, LocalLog& log) override {
    CO_TRY(co_await roll(log, 300));
    co_await world.clock().after(std::chrono::milliseconds(1));
    std::vector<FramePtr> above{source_.data({1, 2, 3, 4}), source_.segment_start(), source_.data({5})};
    CO_TRY(co_await store(log, above));
    // Inside what it holds, below its newest files, which do not chain to it.
    LogStart start;
    start.position = {TxId{6}, Epoch{3}, Digest{7, 7}};
    start.configuration = encode(Configuration{});
    CO_TRY(co_await restart(log, start));
    CO_TRY(co_await roll(log, 20));
    co_return co_await append_data(log, 30);
  }
};

class GrowScenario final : public LogScenario {
  Task<Result<void>> work(SimWorld&, LocalLog& log) override {
    CO_TRY(co_await append_data(log, 12000));
    CO_TRY(co_await append_data(log, 20));
    std::vector<FramePtr> several{source_.data({14000}), source_.segment_start(), source_.data({40})};
    CO_TRY(co_await append(log, several));
    co_return co_await append_data(log, 60);
  }
};

TEST(LocalLogCrash, format) {
  const CrashWalkReport report = walk_log<FormatScenario>();
  EXPECT_TRUE(report.passed()) << report.text();
}

TEST(LocalLogCrash, append) {
  const CrashWalkReport report = walk_log<AppendScenario>();
  EXPECT_TRUE(report.passed()) << report.text();
}

TEST(LocalLogCrash, roll_and_finalize) {
  const CrashWalkReport report = walk_log<RollScenario>();
  EXPECT_TRUE(report.passed()) << report.text();
}

TEST(LocalLogCrash, large_frame) {
  const CrashWalkReport report = walk_log<LargeFrameScenario>({.outcomes = {.tears_per_unit_max = 8, .random_outcomes = 10}});
  EXPECT_TRUE(report.passed()) << report.text();
}

TEST(LocalLogCrash, promise_and_mark) {
  const CrashWalkReport report = walk_log<PromiseScenario>();
  EXPECT_TRUE(report.passed()) << report.text();
}

TEST(LocalLogCrash, purge) {
  const CrashWalkReport report = walk_log<PurgeScenario>();
  EXPECT_TRUE(report.passed()) << report.text();
}

TEST(LocalLogCrash, recovery_of_killed_processes) {
  const CrashWalkReport report = walk_log<KillScenario>();
  EXPECT_TRUE(report.passed()) << report.text();
}

TEST(LocalLogCrash, reserve) {
  const CrashWalkReport report = walk_log<ReserveScenario>();
  EXPECT_TRUE(report.passed()) << report.text();
}

TEST(LocalLogCrash, cut) {
  const CrashWalkReport report = walk_log<CutScenario>();
  EXPECT_TRUE(report.passed()) << report.text();
}

TEST(LocalLogCrash, cut_to_a_finalized_segment) {
  const CrashWalkReport report = walk_log<CutToFinalizedScenario>();
  EXPECT_TRUE(report.passed()) << report.text();
}

TEST(LocalLogCrash, restart) {
  const CrashWalkReport report = walk_log<RestartScenario>();
  EXPECT_TRUE(report.passed()) << report.text();
}

TEST(LocalLogCrash, segment_that_grows) {
  const CrashWalkReport report = walk_log<GrowScenario>();
  EXPECT_TRUE(report.passed()) << report.text();
}

// A walk that passes while syncs do nothing would show nothing.
TEST(LocalLogCrash, walks_find_a_disk_whose_sync_does_nothing) {
  EXPECT_FALSE(walk_log<FormatScenario>({.sync_is_noop = true}).passed());
  EXPECT_FALSE(walk_log<AppendScenario>({.sync_is_noop = true}).passed());
  EXPECT_FALSE(walk_log<RollScenario>({.sync_is_noop = true}).passed());
  EXPECT_FALSE(walk_log<PromiseScenario>({.sync_is_noop = true}).passed());
  EXPECT_FALSE(walk_log<KillScenario>({.sync_is_noop = true}).passed());
  EXPECT_FALSE(walk_log<CutScenario>({.sync_is_noop = true}).passed());
  EXPECT_FALSE(walk_log<RestartScenario>({.sync_is_noop = true}).passed());
  EXPECT_FALSE(walk_log<GrowScenario>({.sync_is_noop = true}).passed());
}

}  // namespace
}  // namespace varve
