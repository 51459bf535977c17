// A path of the local log under the crash walker: notes what the log acknowledged, and holds it to that after every crash.
#pragma once

#include <fmt/format.h>

#include <string>
#include <vector>

#include "base/result.h"
#include "editlog/log_verifier.h"
#include "tests/editlog/test_log.h"
#include "tests/support/crash_walker.h"

namespace varve {

class LogScenario : public CrashScenario {
 public:
  kj::Promise<Result<void>> setup(SimWorld& world) override { return do_setup(world); }
  kj::Promise<Result<void>> run(SimWorld& world) override { return do_run(world); }
  kj::Promise<Result<void>> check(SimWorld& world) override { return do_check(world); }
  kj::Promise<Result<void>> recover(SimWorld& world) override { return do_recover(world); }

 protected:
  // What a scenario adds: both begin with an open log that has a frame in it.
  virtual Task<Result<void>> prepare(LocalLog&) { co_return ok(); }
  virtual Task<Result<void>> work(SimWorld& world, LocalLog& log) = 0;

  virtual Task<Result<void>> do_setup(SimWorld& world) {
    CO_TRY(co_await format_test_log(world));
    formatted_ = true;
    CO_ASSIGN_OR_RETURN(kj::Own<LocalLog> log, co_await open_test_log(world, options_));
    source_ = FrameSource(log->end());
    source_.set_committed(log->end().txid);
    std::vector<FramePtr> frames{source_.segment_start(), source_.data({20})};
    CO_TRY(co_await append(*log, frames));
    CO_TRY(co_await prepare(*log));
    co_return co_await log->close();
  }

  virtual Task<Result<void>> do_run(SimWorld& world) {
    CO_ASSIGN_OR_RETURN(kj::Own<LocalLog> log, co_await open_test_log(world, options_));
    log->set_committed(log->end());
    CO_TRY(co_await work(world, *log));
    co_return co_await log->close();
  }

  Task<Result<void>> append(LocalLog& log, std::vector<FramePtr> frames) {
    for (const FramePtr& frame : frames) offered_.push_back(line_of(frame));
    CO_TRY(co_await log.append(frames));
    acknowledged_ = offered_.size();
    log.set_committed(frames.back()->header().position());
    source_.set_committed(log.committed().txid);
    log.check_invariants();
    co_return ok();
  }
  // Stored, but not known to be committed, here or anywhere.
  Task<Result<void>> store(LocalLog& log, std::vector<FramePtr> frames) {
    for (const FramePtr& frame : frames) offered_.push_back(line_of(frame));
    CO_TRY(co_await log.append(frames));
    acknowledged_ = offered_.size();
    log.check_invariants();
    co_return ok();
  }
  // Leaves the first `frames` of those offered.
  Task<Result<void>> cut(LocalLog& log, LogPosition to, std::size_t frames) {
    drops_to_ = frames;
    CO_TRY(co_await log.cut(to));
    log.check_invariants();
    offered_.resize(frames);
    acknowledged_ = frames;
    drops_to_.reset();
    source_ = FrameSource(to);
    source_.set_committed(log.committed().txid);
    co_return ok();
  }
  // Leaves none, and the start there.
  Task<Result<void>> restart(LocalLog& log, LogStart start) {
    drops_to_ = 0;
    restart_asked_ = start.position.txid;
    CO_TRY(co_await log.restart(start));
    log.check_invariants();
    offered_.clear();
    acknowledged_ = 0;
    drops_to_.reset();
    restart_asked_.reset();
    start_ = purge_asked_ = start.position.txid;
    source_ = FrameSource(start.position);
    co_return ok();
  }
  std::size_t offered() const { return offered_.size(); }
  Task<Result<void>> append_data(LocalLog& log, std::size_t size) {
    std::vector<FramePtr> frames{source_.data({size})};
    co_return co_await append(log, frames);
  }
  Task<Result<void>> roll(LocalLog& log, std::size_t size) {
    std::vector<FramePtr> frames{source_.segment_start(), source_.data({size})};
    co_return co_await append(log, frames);
  }
  Task<Result<void>> promise(LocalLog& log, Epoch epoch) {
    CO_TRY(co_await log.promise(epoch, Uuid{epoch.value, 1}));
    promised_ = epoch;
    co_return ok();
  }
  Task<Result<void>> purge(LocalLog& log, TxId upto) {
    purge_asked_ = upto;
    CO_TRY(co_await log.purge(upto));
    start_ = log.start().position.txid;
    co_return ok();
  }

  LocalLogOptions options_ = small_log();
  FrameSource source_;
  bool formatted_ = false;

 private:
  Task<Result<void>> do_recover(SimWorld& world) {
    auto log = co_await open_test_log(world, options_);
    if (!log) co_return fail(log.error());
    co_return ok();
  }

  Task<Result<void>> do_check(SimWorld& world) {
    if (formatted_) CO_TRY(co_await check_offline(world));
    auto log = co_await open_test_log(world, options_);
    if (!log) {
      if (!formatted_ && log.error().code() == ErrorCode::kNotFound) co_return co_await format_again(world);
      co_return fail(log.error());
    }
    (*log)->set_committed((*log)->end());
    CO_ASSIGN_OR_RETURN(const std::vector<std::string> found, co_await frames_of(**log));
    CO_TRY(compare(**log, found));
    co_return co_await go_on(world, kj::mv(*log), found);
  }

  // Nothing that a crash leaves looks like damage to the verifier, but for a slot that was torn.
  Task<Result<void>> check_offline(SimWorld& world) {
    CO_ASSIGN_OR_RETURN(kj::Own<Directory> directory, co_await world.disk().open_directory(kLogPath));
    CO_ASSIGN_OR_RETURN(const LogVerification verification, co_await verify_log(*directory));
    for (const LogFinding& finding : verification.findings.all())
      if (finding.kind == LogFinding::Kind::kDamage && finding.file != kSlotsFile)
        co_return fail(ErrorCode::kDamaged, fmt::format("verifying {} at {}: {}", finding.file, finding.offset, finding.what));
    co_return ok();
  }

  Task<Result<std::vector<std::string>>> frames_of(LocalLog& log) {
    log.check_invariants();
    co_return co_await read_frames(log, log.start().position.txid.next());
  }

  Result<void> compare(LocalLog& log, const std::vector<std::string>& found) {
    if (log.promised() < promised_)
      return fail(ErrorCode::kDamaged, fmt::format("promised epoch {} is back at {}", promised_.value, log.promised().value));
    const TxId start = log.start().position.txid;
    if (restart_asked_ && start == *restart_asked_) {
      if (found.empty()) return ok();
      return fail(ErrorCode::kDamaged, fmt::format("restarted, with {} frames", found.size()));
    }
    if (start < start_ || start > std::max(start_, purge_asked_))
      return fail(ErrorCode::kDamaged, fmt::format("the start is {}, purged to {}", start.value, start_.value));
    const std::size_t purged = offered_.size() - std::min(offered_.size(), frames_above(start));
    if (!drops_to_ && purged + found.size() < acknowledged_)
      return fail(ErrorCode::kDamaged, fmt::format("{} frames were acknowledged, {} are left", acknowledged_, purged + found.size()));
    if (purged + found.size() > offered_.size()) return fail(ErrorCode::kDamaged, "frames that were never offered");
    const bool half_dropped =
        drops_to_ && found.size() + purged != offered_.size() && (restart_asked_ || found.size() + purged != *drops_to_);
    if (half_dropped) return fail(ErrorCode::kDamaged, fmt::format("{} frames are left, half of a cut", found.size()));
    for (std::size_t i = 0; i < found.size(); ++i)
      if (found[i] != offered_[purged + i]) return fail(ErrorCode::kDamaged, fmt::format("frame {} is not what was offered", purged + i));
    return ok();
  }

  std::size_t frames_above(TxId start) const {
    std::size_t count = 0;
    for (const std::string& line : offered_)
      if (std::stoull(line) > start.value) ++count;
    return count;
  }

  // The log works on, and nothing is taken back by another kill.
  Task<Result<void>> go_on(SimWorld& world, kj::Own<LocalLog> log, std::vector<std::string> found) {
    FrameSource source(log->end());
    std::vector<FramePtr> frames;
    if (log->needs_segment()) frames.push_back(source.segment_start());
    frames.push_back(source.data({33}));
    CO_TRY(co_await log->append(frames));
    for (const FramePtr& frame : frames) found.push_back(line_of(frame));
    log = nullptr;
    CO_ASSIGN_OR_RETURN(log, co_await open_test_log(world, options_));
    log->set_committed(log->end());
    CO_ASSIGN_OR_RETURN(const std::vector<std::string> again, co_await frames_of(*log));
    if (again != found) co_return fail(ErrorCode::kDamaged, "what was recovered once is not recovered again");
    co_return ok();
  }

  Task<Result<void>> format_again(SimWorld& world) {
    CO_TRY(co_await format_test_log(world));
    auto log = co_await open_test_log(world, options_);
    if (!log) co_return fail(log.error());
    co_return ok();
  }

  std::vector<std::string> offered_;
  std::size_t acknowledged_ = 0;  // of them
  Epoch promised_;
  TxId start_;
  TxId purge_asked_;
  std::optional<std::size_t> drops_to_;  // a cut or a restart under way leaves so many, or all
  std::optional<TxId> restart_asked_;
};

template <typename Scenario>
CrashWalkReport walk_log(CrashWalkOptions options = {}) {
  return walk_crashes([] { return std::make_unique<Scenario>(); }, options);
}

}  // namespace varve
