// One resource manager process on the shared directory: it opens the journal, follows it as a reader, becomes the writer when it is told
// to, and appends. Everything that it is told goes to the oracle.
//
// Errors: a process that cannot go on is stalled(): its world restarts it.
#pragma once

#include <kj/async.h>

#include <memory>
#include <string>
#include <vector>

#include "base/sim/sim_world.h"
#include "base/tasks.h"
#include "journal/shared_journal.h"
#include "tests/shared_simulation/late_disk.h"
#include "tests/shared_simulation/shared_oracle.h"

namespace varve {

struct SharedCounts {
  std::uint64_t starts = 0;
  std::uint64_t stands = 0;
  std::uint64_t reigns = 0;
  std::uint64_t fenced = 0;     // attempts and reigns that met a newer epoch
  std::uint64_t submitted = 0;  // frames
  std::uint64_t acknowledged = 0;
  std::uint64_t unknown = 0;
  std::uint64_t no_space = 0;
  std::uint64_t read = 0;  // frames, by readers
  std::uint64_t outcomes = 0;
  std::uint64_t purges = 0;
};

class SharedProcess {
 public:
  static constexpr const char* kPath = "/mnt/journal";

  SharedProcess(SimWorld& world, Seams seams, std::string name, LocalLogOptions options, SharedOracle& oracle, SharedCounts& counts);
  ~SharedProcess() noexcept(false);  // death without a word
  KJ_DISALLOW_COPY(SharedProcess);

  // All of these only begin.
  void start();
  void stand();
  void append(std::vector<std::string> transactions);
  void roll();
  void poll();
  void purge(TxId upto);

  bool opened() const { return journal_.get() != nullptr; }
  bool reigns() const { return !writers_.empty() && !over_; }
  bool stalled() const { return stalled_; }
  LogPosition committed() const { return writers_.back()->committed(); }

 private:
  Task<void> do_start();
  Task<void> do_stand();
  Task<void> do_append(std::vector<std::string> transactions);
  Task<void> do_poll();
  Task<void> do_purge(TxId upto);
  Task<Result<void>> read_all(const char* what);
  Task<void> ask_outcomes();
  void appended(const Result<FramePtr>& frame);
  void met(const Error& error, const char* doing);

  SimWorld& world_;
  Seams seams_;
  const std::string name_;
  const LocalLogOptions options_;
  SharedOracle& oracle_;
  SharedCounts& counts_;
  kj::Own<SharedJournal> journal_;
  std::vector<kj::Own<JournalWriter>> writers_;  // the last one counts; appends of the others may be under way
  kj::Own<LogReader> reader_;
  bool over_ = false;
  bool standing_ = false;
  bool polling_ = false;
  bool purging_ = false;
  bool stalled_ = false;
  Tasks tasks_;
};

}  // namespace varve
