// One simulated machine for all inputs: a thread has one event loop.
#pragma once

#include "base/sim/sim_world.h"

namespace varve::fuzz {

inline SimWorld& the_world() {
  static SimWorld world;
  return world;
}

}  // namespace varve::fuzz
