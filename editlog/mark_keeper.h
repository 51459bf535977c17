// The small durable state of an open log, in its slots: promise, start, closing mark. Writes the mark by itself when the log is idle.
//
// Owns:    the slots.
// Threads: the event loop's.
// Durable: a change is visible here only once it is durable.
// Errors:  an I/O error is final (failure()).
#pragma once

#include <kj/async.h>
#include <kj/memory.h>

#include <chrono>
#include <functional>
#include <optional>

#include "base/clock.h"
#include "base/task.h"
#include "editlog/slots.h"

namespace varve {

class MarkKeeper {
 public:
  // `on_failure` is called when a store fails, also one that the keeper began by itself.
  MarkKeeper(Clock& clock, kj::Own<Slots> slots, std::chrono::milliseconds delay, std::function<void(const Error&)> on_failure);

  const SlotState& state() const { return slots_->state(); }
  const std::optional<Error>& failure() const { return failure_; }

  Task<Result<void>> promise(Epoch epoch, Uuid writer);
  Task<Result<void>> move_start(LogStart start);
  // Does nothing when it stands there already. Precondition: `end` is durable.
  Task<Result<void>> mark(LogPosition end);

  // A cut, as told by the slots from here on: the mark is not above it any more, and will not be.
  Task<Result<void>> begin_cut(LogPosition to);
  // All is gone that was above it: so says the mark.
  Task<Result<void>> finish_cut();

  // A new log begins behind `start`, with a certain tail; what stands in the directory is not of it until finish_restart().
  Task<Result<void>> begin_restart(LogStart start);
  Task<Result<void>> finish_restart();

  Task<Result<void>> settle_tail();

  // Something was appended up to `end`: when nothing more comes for the delay, the mark is written there.
  void appended(LogPosition end);
  // Ends the waiting; a write under way is finished by destroying the keeper, or by the next change.
  void stop();

 private:
  Task<Result<void>> store();
  Task<void> watch();

  Clock& clock_;
  kj::Own<Slots> slots_;
  std::chrono::nanoseconds delay_;
  std::function<void(const Error&)> on_failure_;
  SlotState wanted_;  // state() with the changes under way
  std::optional<Error> failure_;
  LogPosition end_;
  std::chrono::nanoseconds last_append_{0};
  bool watching_ = false;
  kj::Promise<void> watch_ = nullptr;
};

}  // namespace varve
