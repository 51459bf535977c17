// Workers that take their turn on the loop, one after the other: concurrency without threads, the same order on every run.
#pragma once

#include "base/workers.h"

namespace varve {

class SimWorkers final : public Workers {
 public:
  explicit SimWorkers(unsigned count) : count_(count) {}

  unsigned count() const override { return count_; }
  kj::Promise<void> run(std::function<void()> work) override;

 private:
  unsigned count_;
};

}  // namespace varve
