// A simulated machine with one log, and the verbs that its tests speak in.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "editlog/segment_names.h"
#include "tests/editlog/test_log.h"

namespace varve {

class LogFixture : public ::testing::Test {
 protected:
  LogFixture() { take(world_.wait(format_test_log(world_))); }
  ~LogFixture() noexcept override {}

  void open() {
    log_ = take(world_.wait(open_test_log(world_, options_)));
    log_->check_invariants();
    source_ = FrameSource(log_->end());
  }
  // Everything of it is committed, as with one voter.
  void open_and_commit() {
    open();
    log_->set_committed(log_->end());
  }
  std::optional<Error> open_fails() {
    auto log = world_.wait(open_test_log(world_, options_));
    if (!log) return log.error();
    ADD_FAILURE() << "opened";
    return std::nullopt;
  }
  void close() {
    take(world_.wait(log_->close()));
    log_ = nullptr;
  }
  // As if the process were killed: the page cache stays.
  void kill() { log_ = nullptr; }
  void kill_and_reopen() {
    kill();
    open_and_commit();
  }
  // The power fails, and nothing survives that was not synced.
  void lose_power() {
    world_.disk().power_off();
    log_ = nullptr;
    world_.disk().crash(CrashOutcome{std::vector<UnitFate>(world_.disk().unsynced().size(), UnitFate::lost()), std::nullopt});
  }

  Result<void> try_append(std::vector<FramePtr> frames) {
    const LogPosition end = frames.back()->header().position();
    auto appended = world_.wait(log_->append(frames));
    log_->check_invariants();
    if (!appended) {
      source_ = FrameSource(log_->end());
      return appended;
    }
    for (const FramePtr& frame : frames) note(frame);
    log_->set_committed(end);
    return appended;
  }
  // As acknowledged.
  void note(const FramePtr& frame) {
    written_.push_back(line_of(frame));
    last_txids_.push_back(frame->header().last());
  }
  void append_frames(std::vector<FramePtr> frames) { take(try_append(std::move(frames))); }
  // A frame with transactions of these sizes, in a new segment if there is none.
  void append(std::vector<std::size_t> sizes) {
    std::vector<FramePtr> frames;
    if (log_->needs_segment()) frames.push_back(source_.segment_start());
    frames.push_back(source_.data(sizes));
    append_frames(std::move(frames));
  }
  void roll() { append_frames({source_.segment_start(), source_.data({10})}); }
  void settle() { world_.run_for(std::chrono::milliseconds(1)); }  // lets background work finish

  std::vector<std::string> read(TxId from = TxId{1}) { return take(world_.wait(read_frames(*log_, from))); }
  Result<std::vector<std::string>> try_read(TxId from = TxId{1}) { return world_.wait(read_frames(*log_, from)); }
  // The first frame that holds `txid` and those behind it, of all that were acknowledged.
  std::vector<std::string> written_from(TxId txid) const {
    std::vector<std::string> frames;
    for (std::size_t i = 0; i < written_.size(); ++i)
      if (last_txids_[i] >= txid) frames.push_back(written_[i]);
    return frames;
  }

  std::vector<std::string> files() { return world_.disk().list(kLogPath); }
  static std::string path(const std::string& name) { return kLogPath + "/" + name; }
  std::string content(const std::string& name) { return std::string(as_text(world_.disk().read_all(path(name)))); }
  std::map<std::string, std::string> contents() {
    std::map<std::string, std::string> all;
    for (const std::string& name : files()) all[name] = content(name);
    return all;
  }
  std::string in_progress_path(std::uint64_t first) { return path(in_progress_name(TxId{first})); }

  SimWorld world_;
  LocalLogOptions options_ = small_log();
  kj::Own<LocalLog> log_;
  FrameSource source_;
  std::vector<std::string> written_;  // frames that were acknowledged, as read_frames() gives them
  std::vector<TxId> last_txids_;      // where they end
};

}  // namespace varve
