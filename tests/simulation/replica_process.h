// One resource manager process in the simulation: a ledger kept by a Replica on the simulated disk, from its start to its death.
// What it was asked and what it answered goes into the record, which outlives it.
//
// Errors: an answer that contradicts an earlier one is kept in broken_promise().
#pragma once

#include <kj/async.h>

#include <memory>
#include <optional>
#include <string>

#include "base/sim/sim_world.h"
#include "base/tasks.h"
#include "ha/replica.h"
#include "ha/submit_queue.h"
#include "tests/simulation/digest_ledger.h"
#include "tests/simulation/submission_record.h"
#include "varve/engine.h"

namespace varve {

class ReplicaProcess {
 public:
  static constexpr const char* kHome = "/rm";
  static constexpr const char* kJournal = "/rm/journal";
  static constexpr const char* kImages = "/rm/images";

  ReplicaProcess(SimWorld& world, const Options& options, SubmissionRecord& record);
  ~ReplicaProcess() noexcept(false);  // death without a word
  KJ_DISALLOW_COPY(ReplicaProcess);

  // Recovers and becomes the writer. Resolves never when the power fails meanwhile.
  Task<Result<void>> start();
  // Waits for what was submitted and seals the log.
  Task<Result<void>> stop();

  // Precondition of all of these: start() has succeeded.
  void submit(const std::string& transaction);
  void begin_checkpoint();
  Replica& replica() { return *replica_; }
  const DigestLedger& ledger() const { return ledger_; }
  const std::string& broken_promise() const { return broken_promise_; }

 private:
  void pump();

  SimWorld& world_;
  const Options& options_;
  SubmissionRecord& record_;
  std::string broken_promise_;
  DigestLedger ledger_;
  SubmitQueue queue_;
  kj::Own<Replica> replica_;
  Tasks tasks_;
};

}  // namespace varve
