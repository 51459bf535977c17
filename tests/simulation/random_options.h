// What a seed decides before anything happens: the options of the resource manager, the speed of its disk, the sizes of transactions.
#pragma once

#include <string>

#include "base/sim/sim_disk.h"
#include "base/sim/sim_random.h"
#include "varve/engine.h"

namespace varve {

Options random_options(SimRandom& random);
SimLatency random_latency(SimRandom& random);
// Small, now and then empty, seldom larger than a whole frame or segment.
std::string random_transaction(SimRandom& random, const Options& options);

}  // namespace varve
