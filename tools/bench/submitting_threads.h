// A fixed number of transactions under way, submitted by threads of the user's: each thread keeps its share of them.
#pragma once

#include <atomic>
#include <optional>
#include <semaphore>
#include <thread>
#include <vector>

#include "tools/bench/load.h"

namespace varve {

class SubmittingThreads final : public Load {
 public:
  // Each thread submits `payload` again and again.
  SubmittingThreads(Engine& engine, std::uint64_t inflight, unsigned threads, Bytes payload)
      : engine_(engine), share_((inflight + threads - 1) / threads), threads_count_(threads), payload_(payload) {}

  void start() override;
  Result<void> finish() override;

 private:
  using Steady = std::chrono::steady_clock;

  void run();

  Engine& engine_;
  const std::uint64_t share_;  // under way for each thread
  const unsigned threads_count_;
  const Bytes payload_;
  std::atomic<bool> over_{false};
  std::vector<std::thread> threads_;
  std::optional<Error> error_;  // the engine's thread, then finish()
};

}  // namespace varve
