// Virtual time for a KJ event loop: when nothing is left to do, the clock jumps to the next timer.
// Errors: when there is no timer either, nothing can ever happen again: wait() throws "simulated deadlock", which finds lost wake-ups.
#pragma once

#include <kj/async.h>
#include <kj/timer.h>

namespace varve {

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wnon-virtual-dtor"  // kj::EventPort has no virtual destructor; nobody destroys one through it

class SimPort final : public kj::EventPort {
 public:
  SimPort();

  kj::Timer& timer() { return timer_; }

  bool wait() override;
  bool poll() override { return false; }

 private:
  kj::TimerImpl timer_;
};

#pragma GCC diagnostic pop

}  // namespace varve
