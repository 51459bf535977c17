// The journal in a directory that several machines share: one POSIX file system, one writer at a time, no journal nodes.
//
// Why at most one writer's transactions are ever acknowledged, what is assumed of the file system, and what a reader may take for
// committed: docs/shared-directory.md.
//
// Owns:    the handles on the directory, and our own reign when there is one.
// Threads: the event loop's.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/seams.h"
#include "base/task.h"
#include "journal/journal.h"
#include "journal/local_journal.h"
#include "journal/shared_directory.h"
#include "journal/shared_history.h"
#include "journal/shared_reign.h"
#include "journal/shared_view.h"

namespace varve {

class SharedJournal final : public Journal {
 public:
  // Opens the journal in the directory `path`; makes it when it does not exist (its parent must). Changes no epoch's log.
  static Task<Result<kj::Own<SharedJournal>>> open(Seams seams, std::string path, LocalLogOptions options, RollPolicy roll);

  SharedJournal(Seams seams, kj::Own<SharedDirectory> shared, LocalLogOptions options, RollPolicy roll, SharedView view)
      : seams_(seams), shared_(kj::mv(shared)), options_(options), roll_(roll), view_(std::move(view)) {}
  ~SharedJournal() noexcept(false) override;

  Uuid namespace_id() const override { return shared_->namespace_id(); }
  std::uint64_t lineage() const override { return shared_->lineage(); }
  JournalStatus status() const override;
  std::vector<SegmentInfo> segments() const override;
  LogPosition start() const override;
  const std::string& configuration() const override { return shared_->configuration(); }

  kj::Promise<Result<kj::Own<JournalWriter>>> become_writer(std::string name, std::string host, SchemaInfo schema) override;
  kj::Promise<Result<kj::Own<LogReader>>> read_after(LogPosition after) override { return do_read_after(after); }
  // kRefused: not the writer.
  kj::Promise<Result<std::uint64_t>> purge(TxId upto) override { return do_purge(upto); }
  kj::Promise<Result<Outcome>> outcome(Ticket ticket) override { return do_outcome(ticket); }
  kj::Promise<Result<void>> close() override { return do_close(); }

 private:
  Task<Result<kj::Own<JournalWriter>>> do_become_writer(std::string name, std::string host, SchemaInfo schema);
  Task<Result<kj::Own<LogReader>>> do_read_after(LogPosition after);
  Task<Result<std::uint64_t>> do_purge(TxId upto);
  Task<Result<Outcome>> do_outcome(Ticket ticket);
  Task<Result<LogPosition>> known_committed();
  Task<Result<void>> do_close();

  Seams seams_;
  kj::Own<SharedDirectory> shared_;
  const LocalLogOptions options_;
  const RollPolicy roll_;
  SharedView view_;                     // as of the last open or take-over
  std::shared_ptr<SharedReign> reign_;  // ours, over or not
  std::vector<SharedSegment> older_;    // of older epochs, when there is a reign
};

}  // namespace varve
