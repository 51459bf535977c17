// The machine's clocks.
#pragma once

#include <kj/timer.h>

#include "base/clock.h"
#include "base/real/loop_mailbox.h"

namespace varve {

class RealClock final : public Clock {
 public:
  RealClock(LoopMailbox& mailbox, kj::Timer& timer) : mailbox_(mailbox), timer_(timer) {}

  std::chrono::nanoseconds now() const override;
  std::uint64_t wall_us() const override;
  kj::Promise<void> after(std::chrono::nanoseconds delay) override;

 private:
  LoopMailbox& mailbox_;
  kj::Timer& timer_;
};

}  // namespace varve
