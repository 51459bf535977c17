#include "tests/support/crash_walker.h"

#include <fmt/format.h>
#include <kj/debug.h>

#include <algorithm>
#include <cstdlib>
#include <optional>

#include "base/check.h"
#include "base/result.h"

namespace varve {

namespace {

// Runs `step` to its end or to the crash of the world's disk; anything thrown becomes an error.
Result<void> run_step(SimWorld& world, const std::function<kj::Promise<Result<void>>()>& step) {
  Result<void> result;
  auto thrown = kj::runCatchingExceptions([&] {
    auto crashed = world.disk().when_crashed().then([]() -> Result<void> { return {}; });
    result = world.wait(step().exclusiveJoin(kj::mv(crashed)));
  });
  KJ_IF_MAYBE (exception, thrown) {
    return fail(ErrorCode::kIo, fmt::format("exception: {}", exception->getDescription().cStr()));
  }
  return result;
}

struct OnlyCase {
  std::uint64_t operation = 0;
  std::size_t outcome = 0;
};

std::optional<OnlyCase> only_case_from_environment() {
  const char* text = std::getenv("VARVE_CRASH_CASE");
  if (text == nullptr) return std::nullopt;
  OnlyCase only;
  char* end = nullptr;
  only.operation = std::strtoull(text, &end, 10);
  CHECK(*end == '.', text);
  only.outcome = std::strtoull(end + 1, &end, 10);
  CHECK(*end == '\0', text);
  return only;
}

class CrashWalk {
 public:
  CrashWalk(const CrashScenarioFactory& make, const CrashWalkOptions& options)
      : make_(make), options_(options), only_(only_case_from_environment()) {}

  CrashWalkReport walk() {
    std::vector<std::uint64_t> points = crash_points();
    for (std::size_t i = 0; i < points.size() && !enough(); ++i) {
      bool last = i + 1 == points.size();
      if (only_ ? only_->operation == points[i] : last || i % options_.operation_stride == 0) crash_before(points[i]);
    }
    return std::move(report_);
  }

 private:
  // The number of each operation that changes the disk, and one above the last.
  std::vector<std::uint64_t> crash_points() {
    std::vector<std::uint64_t> points;
    SimWorld world(options_.seed);
    std::unique_ptr<CrashScenario> scenario = make_();
    if (!set_up(world, *scenario)) return {};
    world.disk().observe([&](std::uint64_t number, const SimOperation& operation) {
      if (operation.changes_disk()) points.push_back(number);
    });
    Result<void> ran = run_step(world, [&] { return scenario->run(world); });
    world.disk().observe(nullptr);
    if (!ran) {
      report_.failures.push_back("without any crash: " + ran.error().text());
      return {};
    }
    report_.operations = points.size();
    points.push_back(world.disk().operations() + 1);
    return points;
  }

  bool set_up(SimWorld& world, CrashScenario& scenario) {
    Result<void> done = run_step(world, [&] { return scenario.setup(world); });
    if (!done) report_.failures.push_back("in setup: " + done.error().text());
    world.disk().settle();
    world.disk().set_sync_is_noop(options_.sync_is_noop);
    return done.has_value();
  }

  void crash_before(std::uint64_t operation) {
    std::unique_ptr<CrashScenario> scenario = make_();
    SimDiskState state;
    std::string description;
    {
      SimWorld world(options_.seed);
      if (!set_up(world, *scenario)) return;
      world.disk().crash_before(operation);
      Result<void> ran = run_step(world, [&] { return scenario->run(world); });
      description = world.disk().crashed() ? world.disk().crashed_before() : "the end";
      state = world.disk().snapshot();
      if (!ran) {
        report_.failures.push_back(fmt::format("before the crash at operation {} ({}): {}", operation, description, ran.error().text()));
        return;
      }
    }
    SimRandom random(options_.seed ^ operation * 0x9e3779b97f4a7c15ull);
    std::vector<UnsyncedUnit> units = state.unsynced();
    std::vector<CrashOutcome> outcomes = crash_outcomes(units, options_.outcomes, random);
    for (std::size_t index = 0; index < outcomes.size() && !enough(); ++index) {
      std::uint64_t case_seed = random.next();
      if (only_ && only_->outcome != index) continue;
      std::string violation = try_outcome(*scenario, state, outcomes[index], case_seed);
      if (!violation.empty()) note(operation, description, index, units, outcomes[index], violation);
    }
    if (!only_ || only_->outcome == outcomes.size()) kill_before(*scenario, state, operation, description, outcomes.size());
  }

  // The process is gone, its page cache is not; then the power fails in the recovery.
  void kill_before(CrashScenario& scenario, const SimDiskState& left, std::uint64_t operation, const std::string& description,
                   std::size_t index) {
    const std::uint64_t operations = recovery_operations(scenario, left);
    SimRandom random(options_.seed ^ operation * 0xd1342543de82ef95ull);
    const bool few = operations <= options_.second_crashes_max;
    for (std::uint64_t i = 0; i < std::min(operations, options_.second_crashes_max) && !enough(); ++i) {
      const std::uint64_t second = few ? i + 1 : 1 + random.below(operations);
      ++report_.crash_after_kill;
      Result<void> checked = check(scenario, crash_recovery(scenario, left, second, random));
      if (checked) continue;
      report_.failures.push_back(
          fmt::format("{}\n  killed before operation {}: {}\n  then a power loss before operation {} of the recovery\n"
                      "  again: VARVE_CRASH_CASE={}.{} and --gtest_filter=<this test>",
                      checked.error().text(), operation, description, second, operation, index));
    }
  }

  // The text of what is wrong; empty when nothing is.
  std::string try_outcome(CrashScenario& scenario, const SimDiskState& before, const CrashOutcome& outcome, std::uint64_t seed) {
    ++report_.cases;
    SimDiskState left = before;
    left.crash(outcome);
    Result<void> checked = check(scenario, left);
    if (!checked) return checked.error().text();
    std::uint64_t operations = recovery_operations(scenario, left);
    if (operations == 0) return "";
    SimRandom random(seed);
    std::uint64_t second = 1 + random.below(operations);
    Result<void> rechecked = check(scenario, crash_recovery(scenario, left, second, random));
    if (!rechecked) return fmt::format("after a second crash, before operation {} of the recovery: {}", second, rechecked.error().text());
    ++report_.crash_after_crash;
    return "";
  }

  Result<void> check(CrashScenario& scenario, const SimDiskState& disk) {
    SimWorld world(options_.seed);
    world.disk().restore(disk);
    return run_step(world, [&] { return scenario.check(world); });
  }

  std::uint64_t recovery_operations(CrashScenario& scenario, const SimDiskState& disk) {
    SimWorld world(options_.seed);
    world.disk().restore(disk);
    (void)run_step(world, [&] { return scenario.recover(world); });
    return world.disk().operations();
  }

  SimDiskState crash_recovery(CrashScenario& scenario, const SimDiskState& disk, std::uint64_t operation, SimRandom& random) {
    SimWorld world(options_.seed);
    world.disk().restore(disk);
    world.disk().set_sync_is_noop(options_.sync_is_noop);
    world.disk().crash_before(operation);
    (void)run_step(world, [&] { return scenario.recover(world); });
    world.disk().crash(random);
    return world.disk().snapshot();
  }

  void note(std::uint64_t operation, const std::string& description, std::size_t index, const std::vector<UnsyncedUnit>& units,
            const CrashOutcome& outcome, const std::string& violation) {
    std::string text = fmt::format("{}\n  crash before operation {}: {}\n  outcome {}: {}\n", violation, operation, description, index,
                                   outcome.describe());
    for (std::size_t i = 0; i < units.size(); ++i) text += fmt::format("    {:>4} {}\n", outcome.fates[i].describe(), units[i].what);
    text += fmt::format("  again: VARVE_CRASH_CASE={}.{} and --gtest_filter=<this test>", operation, index);
    report_.failures.push_back(std::move(text));
  }

  bool enough() const { return report_.failures.size() >= options_.failures_max; }

  const CrashScenarioFactory& make_;
  const CrashWalkOptions& options_;
  std::optional<OnlyCase> only_;
  CrashWalkReport report_;
};

}  // namespace

std::string CrashWalkReport::text() const {
  std::string text = fmt::format("{} operations, {} crashes, {} second crashes, {} after a kill, {} failures", operations, cases,
                                 crash_after_crash, crash_after_kill, failures.size());
  for (const std::string& failure : failures) text += "\n" + failure;
  return text;
}

CrashWalkReport walk_crashes(const CrashScenarioFactory& make, const CrashWalkOptions& options) {
  return CrashWalk(make, options).walk();
}

}  // namespace varve
