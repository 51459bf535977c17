#include "base/sim/sim_port.h"

#include <kj/debug.h>

namespace varve {

SimPort::SimPort() : timer_(kj::origin<kj::TimePoint>()) {}

bool SimPort::wait() {
  KJ_IF_MAYBE (next, timer_.nextEvent()) {
    timer_.advanceTo(*next);
    return false;
  }
  KJ_FAIL_REQUIRE("simulated deadlock: the loop waits, and no timer will ever wake it");
}

}  // namespace varve
