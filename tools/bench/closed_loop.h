// A fixed number of transactions under way: each completion, on the engine's thread, submits the next.
#pragma once

#include <atomic>
#include <optional>
#include <semaphore>

#include "tools/bench/load.h"

namespace varve {

class ClosedLoop final : public Load {
 public:
  // `observer`: see Load.
  ClosedLoop(Engine& engine, std::uint64_t inflight, TransactionSource source, CommitObserver observer = {})
      : engine_(engine), inflight_(inflight), source_(std::move(source)), observer_(std::move(observer)) {}

  void start() override;
  Result<void> finish() override;

 private:
  using Steady = std::chrono::steady_clock;

  void submit(Steady::time_point began);
  void completed(const Result<Committed>& done, Steady::time_point began);

  Engine& engine_;
  const std::uint64_t inflight_;
  const TransactionSource source_;
  const CommitObserver observer_;
  std::uint64_t next_ = 0;
  std::uint64_t ended_ = 0;
  std::atomic<bool> over_{false};
  std::optional<Error> error_;
  std::binary_semaphore drained_{0};
};

}  // namespace varve
