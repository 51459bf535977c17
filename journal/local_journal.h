// The embedded journal: one copy of the log in a local directory, a configuration of one voter.
//
// The rules are those of the journal protocol with one member: a promise is durable before its epoch is used, a reign begins with an
// EpochStart, and a frame is committed when a majority of the voters - this disk - holds it durably. Since no other copy can ever be
// chosen, what is durable here when the journal is opened is the history, and readers may see it at once.
//
// Owns:    the directory, through its LocalLog.
// Threads: the event loop's.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "base/seams.h"
#include "base/task.h"
#include "editlog/local_log.h"
#include "journal/journal.h"

namespace varve {

struct RollPolicy {
  std::uint64_t transactions_max = 1'000'000;
  std::chrono::nanoseconds age_max{std::chrono::minutes(60)};  // of a segment that is not empty; 0: never
};

class LocalJournal final : public Journal {
 public:
  // Opens the journal in the directory `path`; formats it first when it does not exist or is empty (its parent must exist). kRefused: the
  // log there is a copy of a journal that lives elsewhere, or a move to this directory that was not finished.
  static Task<Result<kj::Own<LocalJournal>>> open(Seams seams, std::string path, LocalLogOptions options, RollPolicy roll);

  LocalJournal(Seams seams, kj::Own<LocalLog> log, RollPolicy roll, std::string configuration);
  ~LocalJournal() noexcept(false) override;

  Uuid namespace_id() const override { return log_->namespace_id(); }
  std::uint64_t lineage() const override { return log_->lineage(); }
  JournalStatus status() const override;
  std::vector<SegmentInfo> segments() const override { return log_->segments(); }
  LogPosition start() const override { return log_->start().position; }
  const std::string& configuration() const override { return configuration_; }

  kj::Promise<Result<kj::Own<JournalWriter>>> become_writer(std::string name, std::string host, SchemaInfo schema) override;
  kj::Promise<Result<kj::Own<LogReader>>> read_after(LogPosition after) override;
  kj::Promise<Result<std::uint64_t>> purge(TxId upto) override { return log_->purge(upto); }
  kj::Promise<Result<Outcome>> outcome(Ticket ticket) override;
  kj::Promise<Result<void>> close() override { return log_->close(); }

 private:
  Task<Result<kj::Own<JournalWriter>>> do_become_writer(std::string name, std::string host, SchemaInfo schema);
  Task<Result<kj::Own<LogReader>>> do_read_after(LogPosition after);

  Seams seams_;
  kj::Own<LocalLog> log_;
  RollPolicy roll_;
  std::string configuration_;
};

}  // namespace varve
