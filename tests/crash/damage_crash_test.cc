// Opening with damage, and mending, crashed before each disk operation: what was proven stays, an unknown tail stays unknown, and no
// damaged byte is lost.
#include <gtest/gtest.h>

#include "base/result.h"
#include "editlog/segment_names.h"
#include "tests/crash/log_scenario.h"
#include "tests/editlog/frames_in_memory.h"

namespace varve {
namespace {

class DamageScenario : public CrashScenario {
 public:
  DamageScenario() { options_.on_damage = DamagePolicy::kServe; }
  kj::Promise<Result<void>> setup(SimWorld& world) override { return do_setup(world); }
  kj::Promise<Result<void>> run(SimWorld& world) override { return do_run(world); }
  kj::Promise<Result<void>> check(SimWorld& world) override { return do_check(world); }
  kj::Promise<Result<void>> recover(SimWorld& world) override { return do_recover(world); }

 protected:
  virtual void damage(SimWorld& world) = 0;
  virtual Task<Result<void>> do_run(SimWorld& world) = 0;
  virtual Task<Result<void>> do_check(SimWorld& world) = 0;

  void damage_file(SimWorld& world, std::string name, std::uint64_t offset) {
    world.disk().flip_bits(kLogPath + "/" + name, offset);
    damaged_name_ = name;
    damaged_ = bytes_of_file(world, name);
  }
  // The damaged bytes stand under their old name or aside.
  Result<void> check_evidence(SimWorld& world) const {
    for (const std::string& name : world.disk().list(kLogPath))
      if (name.starts_with(damaged_name_) && bytes_of_file(world, name) == damaged_) return ok();
    return fail(ErrorCode::kDamaged, "the damaged file is lost");
  }
  static std::string bytes_of_file(SimWorld& world, const std::string& name) {
    return std::string(as_text(world.disk().read_all(kLogPath + "/" + name)));
  }
  // Up to the end, or to damage.
  static Task<Result<std::vector<FrameView>>> read_all(LocalLog& log) {
    std::vector<FrameView> all;
    CO_ASSIGN_OR_RETURN(kj::Own<LogReader> reader, co_await log.read_durable(TxId{1}));
    while (true) {
      auto views = co_await reader->next();
      if (!views || views->empty()) break;
      all.insert(all.end(), views->begin(), views->end());
    }
    co_return all;
  }
  static std::vector<std::string> lines_of(const std::vector<FrameView>& frames) {
    std::vector<std::string> lines;
    for (const FrameView& frame : frames) lines.push_back(line_of(*frame.header, frame.bytes()));
    return lines;
  }

  LocalLogOptions options_ = small_log();
  std::vector<FrameView> good_;
  std::string damaged_name_;
  std::string damaged_;

 private:
  Task<Result<void>> do_setup(SimWorld& world) {
    CO_TRY(co_await format_test_log(world));
    CO_ASSIGN_OR_RETURN(kj::Own<LocalLog> log, co_await open_test_log(world, options_));
    FrameSource source(log->end());
    std::vector<FramePtr> frames{source.segment_start(), source.data({20}), source.segment_start(), source.data({900}), source.data({30})};
    CO_TRY(co_await log->append(frames));
    log->set_committed(log->end());
    co_await world.clock().after(std::chrono::milliseconds(1));
    CO_ASSIGN_OR_RETURN(good_, co_await read_all(*log));
    CO_TRY(co_await log->close());
    damage(world);
    co_return ok();
  }
  Task<Result<void>> do_recover(SimWorld& world) {
    auto log = co_await open_test_log(world, options_);
    if (!log) co_return fail(log.error());
    co_return ok();
  }
};

class UnknownTailScenario final : public DamageScenario {
  void damage(SimWorld& world) override { damage_file(world, in_progress_name(TxId{3}), kFramesOffset + 4 * kSectorBytes + 140); }

  Task<Result<void>> do_run(SimWorld& world) override {
    CO_ASSIGN_OR_RETURN(kj::Own<LocalLog> log, co_await open_test_log(world, options_));
    FrameSource source(log->end());
    std::vector<FramePtr> frames{source.data({40})};
    offered_ = line_of(frames.front());
    CO_TRY(co_await log->append(frames));
    acknowledged_ = true;
    CO_TRY(co_await log->settle_tail());
    settled_ = true;
    co_return co_await log->close();
  }

  Task<Result<void>> do_check(SimWorld& world) override {
    CO_ASSIGN_OR_RETURN(kj::Own<LocalLog> log, co_await open_test_log(world, options_));
    log->check_invariants();
    if (log->tail_certain() && !acknowledged_) co_return fail(ErrorCode::kDamaged, "the tail became certain");
    if (!log->tail_certain() && settled_) co_return fail(ErrorCode::kDamaged, "the tail was settled");
    CO_ASSIGN_OR_RETURN(const auto frames, co_await read_all(*log));
    std::vector<std::string> expected = lines_of(good_);
    expected.resize(4);
    const std::vector<std::string> found = lines_of(frames);
    if (acknowledged_ || found.size() > expected.size()) expected.push_back(offered_);
    if (found != expected) co_return fail(ErrorCode::kDamaged, fmt::format("{} frames instead of {}", found.size(), expected.size()));
    co_return check_evidence(world);
  }

  std::string offered_;
  bool acknowledged_ = false;
  bool settled_ = false;
};

class MendScenario : public DamageScenario {
 public:
  explicit MendScenario(TxId first = TxId{1}) : first_(first) {}

 protected:
  void damage(SimWorld& world) override { damage_file(world, finalized_name(TxId{1}, TxId{2}), 20); }

 private:
  kj::Own<LogReader> good() const {
    std::vector<FrameView> frames;
    for (const FrameView& frame : good_)
      if (frame.header->first() >= first_) frames.push_back(frame);
    return kj::heap<FramesInMemory>(std::move(frames));
  }

  Task<Result<void>> do_run(SimWorld& world) override {
    CO_ASSIGN_OR_RETURN(kj::Own<LocalLog> log, co_await open_test_log(world, options_));
    CO_TRY(co_await log->mend(first_, good()));
    mended_ = true;
    log->check_invariants();
    co_return co_await log->close();
  }

  Task<Result<void>> do_check(SimWorld& world) override {
    CO_ASSIGN_OR_RETURN(kj::Own<LocalLog> log, co_await open_test_log(world, options_));
    log->check_invariants();
    if (!log->tail_certain()) co_return fail(ErrorCode::kDamaged, "the end was never in doubt");
    if (mended_ && !log->damaged().empty()) co_return fail(ErrorCode::kDamaged, "mended, and damaged again");
    CO_TRY(check_evidence(world));
    if (!log->damaged().empty()) {
      CO_TRY(co_await log->mend(first_, good()));
    }
    CO_ASSIGN_OR_RETURN(const auto frames, co_await read_all(*log));
    if (lines_of(frames) != lines_of(good_)) co_return fail(ErrorCode::kDamaged, "other frames than there were");
    co_return check_evidence(world);
  }

  TxId first_;
  bool mended_ = false;
};

// Readable frames stand behind the damaged one: where the log ends is never in doubt.
class HoleScenario final : public MendScenario {
 public:
  HoleScenario() : MendScenario(TxId{3}) {}

 private:
  void damage(SimWorld& world) override { damage_file(world, in_progress_name(TxId{3}), kFramesOffset + kSectorBytes + 600); }
};

TEST(DamageCrash, unknown_tail) {
  const CrashWalkReport report = walk_log<UnknownTailScenario>();
  EXPECT_TRUE(report.passed()) << report.text();
}

TEST(DamageCrash, mend) {
  const CrashWalkReport report = walk_log<MendScenario>();
  EXPECT_TRUE(report.passed()) << report.text();
}

TEST(DamageCrash, hole_below_a_readable_end) {
  const CrashWalkReport report = walk_log<HoleScenario>();
  EXPECT_TRUE(report.passed()) << report.text();
}

TEST(DamageCrash, walks_find_a_disk_whose_sync_does_nothing) {
  EXPECT_FALSE(walk_log<UnknownTailScenario>({.sync_is_noop = true}).passed());
  EXPECT_FALSE(walk_log<MendScenario>({.sync_is_noop = true}).passed());
  EXPECT_FALSE(walk_log<HoleScenario>({.sync_is_noop = true}).passed());
}

}  // namespace
}  // namespace varve
