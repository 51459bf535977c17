// One epoch of ours in a shared directory: its file, its log, and the watch for a newer one.
//
// Owns:    the log and the epoch's file.
// Threads: the event loop's.
// Durable: what announce() resolved for is known to readers on all machines.
// Errors:  over(): a newer epoch exists (kFenced), or the log or the epoch's file failed. Nothing is committed from then on.
#pragma once

#include <kj/async.h>
#include <kj/memory.h>

#include <chrono>
#include <optional>

#include "base/task.h"
#include "editlog/local_log.h"
#include "journal/local_writer.h"
#include "journal/shared_directory.h"
#include "journal/shared_epoch_file.h"

namespace varve {

class SharedReign final : public CommitGate {
 public:
  SharedReign(SharedDirectory& shared, kj::Own<SharedEpochFile> file, kj::Own<LocalLog> log);
  ~SharedReign() noexcept(false) override;
  KJ_DISALLOW_COPY(SharedReign);

  Epoch epoch() const { return file_->record().epoch; }
  const SharedEpochRecord& record() const { return file_->record(); }
  LocalLog& log() { return *log_; }
  const LocalLog& log() const { return *log_; }
  const std::optional<Error>& over() const { return over_; }
  kj::Promise<Error> when_over() { return when_over_.addBranch(); }

  // Looks at the directory of epochs: whatever was synced before is safe to acknowledge when there is no newer one.
  kj::Promise<Result<void>> may_commit() override { return look(); }
  // Makes committed() known to readers.
  kj::Promise<Result<void>> announce() { return do_announce(); }
  // Durable before anything below goes away.
  kj::Promise<Result<void>> move_start(LogPosition start) { return do_move_start(start); }
  // From now on looks and announces by itself, every `period`.
  void watch(std::chrono::nanoseconds period);
  kj::Promise<Result<void>> close() { return do_close(); }

 private:
  Task<Result<void>> look();
  Task<Result<void>> do_announce();
  Task<Result<void>> do_move_start(LogPosition start);
  Task<Result<void>> do_close();
  Task<void> keep_watching(std::chrono::nanoseconds period);
  Result<void> settle(Result<void> result);
  void end(const Error& error);

  SharedDirectory& shared_;
  kj::Own<SharedEpochFile> file_;
  kj::Own<LocalLog> log_;
  std::optional<Error> over_;
  kj::Own<kj::PromiseFulfiller<Error>> ending_;
  kj::ForkedPromise<Error> when_over_ = nullptr;
  kj::Promise<void> log_failure_ = nullptr;
  kj::Promise<void> watch_ = nullptr;
};

}  // namespace varve
