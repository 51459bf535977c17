// Transactions at a fixed rate, whatever the engine does: a thread submits those that are due. A latency counts from the moment at which
// the transaction was due, so a stall of the engine, or of the submitter, shows in all that were due meanwhile.
#pragma once

#include <atomic>
#include <optional>
#include <thread>

#include "tools/bench/load.h"

namespace varve {

class OpenLoop final : public Load {
 public:
  OpenLoop(Engine& engine, double rate, TransactionSource source, CommitObserver observer = {})
      : engine_(engine), rate_(rate), source_(std::move(source)), observer_(std::move(observer)) {}

  void start() override;
  Result<void> finish() override;

 private:
  using Steady = std::chrono::steady_clock;

  void run();
  Steady::time_point due(std::uint64_t n) const;

  Engine& engine_;
  const double rate_;
  const TransactionSource source_;
  const CommitObserver observer_;
  std::thread thread_;
  Steady::time_point began_;
  std::atomic<bool> over_{false};
  std::uint64_t submitted_ = 0;  // of the submitter's thread, then finish()'s
  std::atomic<std::uint64_t> completed_{0};
  std::optional<Error> error_;
};

}  // namespace varve
