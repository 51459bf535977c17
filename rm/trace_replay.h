// Turns a trace into the transactions of a resource manager that lives through it, again and again with new ids.
//
// A round is one pass through the trace. In it each task is submitted at its creation; when it has a scheduled time it gets an attempt
// there and runs; at its deletion it ends: finished, failed, or killed if it was never scheduled. What ended first is removed with
// the transaction that would keep too many.
// Memory:    the trace and 16 bytes for each transaction of one round.
// Invariant: transaction(n) depends on the trace, the options and n alone, so a replay resumes anywhere.
#pragma once

#include <cstdint>
#include <vector>

#include "rm/trace.h"
#include "varve/rm_types.h"

namespace varve {

struct TraceReplayOptions {
  std::uint64_t cluster_timestamp = 1'700'000'000'000;  // ms since 1970: of the ids, and when the trace begins
  std::uint64_t completed_max = 1000;                   // completed applications that are kept; 0: all
};

class TraceReplay {
 public:
  TraceReplay(std::vector<TraceTask> tasks, TraceReplayOptions options);

  std::uint64_t transactions_per_round() const { return events_.size(); }
  std::uint64_t tasks_per_round() const { return tasks_.size(); }

  // The transaction at `position`, from 0. Any thread.
  rm::Transaction transaction(std::uint64_t position) const;

 private:
  enum class Step : std::uint8_t { kRollKeys, kSubmit, kStartAttempt, kRun, kEndAttempt, kEnd };
  struct Event {
    std::uint64_t time;  // s since the round began
    std::uint32_t task;
    Step step;
  };

  void add_events(std::uint32_t task);
  rm::ApplicationId id_of(std::uint64_t round, std::uint32_t task) const;
  std::uint64_t time_ms(std::uint64_t round, std::uint64_t time) const;

  rm::Application application(std::uint64_t round, std::uint32_t task) const;  // as submitted
  rm::Application launched(std::uint64_t round, std::uint32_t task) const;
  rm::Application ended(std::uint64_t round, std::uint32_t task) const;
  rm::Attempt attempt(std::uint64_t round, std::uint32_t task) const;  // as started
  rm::Attempt ended_attempt(std::uint64_t round, std::uint32_t task) const;

  bool has_token(std::uint32_t task) const;
  std::uint32_t token_of(std::uint64_t round, std::uint32_t task) const;
  rm::Transaction submit(std::uint64_t round, std::uint32_t task) const;
  rm::Transaction end(std::uint64_t round, std::uint32_t task) const;
  rm::Transaction roll_keys(std::uint64_t round) const;

  std::vector<TraceTask> tasks_;
  TraceReplayOptions options_;
  std::uint64_t round_seconds_ = 0;
  std::vector<Event> events_;             // of one round, in their order
  std::vector<std::uint32_t> end_order_;  // tasks of a round as they end
  std::vector<std::uint32_t> end_rank_;   // by task: its place in end_order_
};

}  // namespace varve
