// Where the system calls of the real disk are made.
#pragma once

#include "base/disk.h"
#include "base/real/thread_pool.h"

namespace varve {

class DiskExecutor {
 public:
  DiskExecutor(LoopMailbox& mailbox, ThreadPool& threads) : mailbox_(mailbox), threads_(threads) {}

  // `call` gives a Result.
  template <typename Call>
  auto run(RunOn where, Call call) -> kj::Promise<decltype(call())> {
    if (where == RunOn::kDiskThread) return run_on(threads_, std::move(call));
    auto result = call();
    if (++inline_calls_ % kInlineCallsInARow != 0) return kj::Promise<decltype(call())>(kj::mv(result));
    return mailbox_.yield().then([result = kj::mv(result)]() mutable { return kj::mv(result); });
  }

 private:
  // Calls on the loop are done when they return: who makes one after the other would never let anything else have its turn.
  static constexpr std::uint64_t kInlineCallsInARow = 64;

  LoopMailbox& mailbox_;
  ThreadPool& threads_;
  std::uint64_t inline_calls_ = 0;
};

}  // namespace varve
