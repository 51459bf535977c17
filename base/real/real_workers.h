// Worker threads of the machine.
#pragma once

#include "base/real/thread_pool.h"
#include "base/workers.h"

namespace varve {

class RealWorkers final : public Workers {
 public:
  explicit RealWorkers(ThreadPool& threads) : threads_(threads) {}

  unsigned count() const override { return threads_.threads(); }
  kj::Promise<void> run(std::function<void()> work) override { return threads_.run(std::move(work)); }

 private:
  ThreadPool& threads_;
};

}  // namespace varve
