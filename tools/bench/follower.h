// A reader that follows a quorum, on a thread with a loop of its own, and measures how long after its commit it sees a transaction.
#pragma once

#include <atomic>
#include <string>
#include <thread>

#include "base/seams.h"
#include "base/task.h"
#include "journal/journal_url.h"
#include "tools/bench/commit_times.h"
#include "tools/bench/latency_histogram.h"

namespace varve {

class Follower {
 public:
  // Reads from the log's start on.
  Follower(JournalUrl url, const CommitTimes& times);
  ~Follower();

  void begin_measuring() { measuring_ = true; }
  // Ends it. What it saw before its writer's completion counts as 0.
  Result<LatencyHistogram> finish();

 private:
  void run();
  Task<Result<void>> follow(Seams seams);

  const JournalUrl url_;
  const CommitTimes& times_;
  std::atomic<bool> measuring_{false};
  std::atomic<bool> over_{false};
  LatencyHistogram latencies_;
  Result<void> result_;
  std::thread thread_;
};

}  // namespace varve
