// Hands work from other threads to the event loop, and runs the loop.
//
// Threads: post() any thread's; everything else the loop's. A function posted runs on the loop's thread, in the order of posting.
// Turns:   whatever is always ready, timers, descriptors and posts have their turn: KJ alone looks outside only when nothing is ready.
// Waking:  the loop spins for a short time before it sleeps, and is woken by a system call only when it really sleeps.
//          Promises may also be waited for without run_until(); that only costs more wake-ups.
// Plain std::mutex, atomic and eventfd, because libkj's own cross-thread means are not known to the thread sanitizer.
#pragma once

#include <kj/async-unix.h>
#include <kj/debug.h>
#include <kj/io.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <vector>

#include "base/real/spin.h"

namespace varve {

class LoopMailbox {
 public:
  LoopMailbox(kj::UnixEventPort& port, kj::WaitScope& scope, std::chrono::nanoseconds longest_spin);
  ~LoopMailbox() noexcept;
  KJ_DISALLOW_COPY(LoopMailbox);

  // `function` must not throw. Functions not yet run when the mailbox is destroyed are dropped.
  void post(std::function<void()> function);

  // Runs the loop until `promise` resolves: what the loop's thread does all its life.
  void run_until(kj::Promise<void> promise);
  template <typename T>
  T run_until(kj::Promise<T> promise) {
    kj::Maybe<T> result;
    run_until(promise.then([&result](T&& value) { result = kj::mv(value); }));
    return kj::mv(KJ_ASSERT_NONNULL(result));
  }

  // Resolves when everything else has had its turn: what is ready, what was posted, what came from outside. For who could otherwise
  // keep the loop busy for ever with promises that are ready at once.
  kj::Promise<void> yield();

  kj::WaitScope& scope() { return scope_; }

 private:
  void ring();
  bool has_posts() const { return posts_waiting_.load(std::memory_order_acquire); }
  void run_posts();
  // Runs what is ready, for a stretch at most. True when `until` has resolved.
  bool run_ready(kj::ForkedPromise<void>& until);
  // False when something was posted in between; else from now on post() wakes the loop.
  bool prepare_to_sleep();
  void stay_awake();
  void leave();
  void sleep_until(kj::Promise<void> promise);
  // Runs posts whenever the eventfd says so.
  kj::Promise<void> watch();

  kj::UnixEventPort& port_;
  kj::WaitScope& scope_;
  kj::AutoCloseFd event_;
  kj::UnixEventPort::FdObserver observer_;
  SpinBudget spin_;

  std::mutex mutex_;
  std::vector<std::function<void()>> posts_;  // under mutex_
  bool awake_ = false;                        // under mutex_; the loop will look into posts_ by itself
  std::atomic<bool> posts_waiting_{false};

  std::vector<kj::Own<kj::PromiseFulfiller<void>>> yielding_;
  kj::Own<kj::PromiseFulfiller<void>> woken_;  // of the sleep under way
  kj::Promise<void> watching_;
};

}  // namespace varve
