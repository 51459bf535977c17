// The outside world, as one bundle of references. Made in main() of tools and in open() of the public library, nowhere else.
#pragma once

#include "base/clock.h"
#include "base/disk.h"
#include "base/network.h"
#include "base/random.h"
#include "base/workers.h"
#include "varve/log_sink.h"

namespace varve {

struct Seams {
  Clock& clock;
  Disk& disk;
  Network& network;
  Random& random;
  Workers& workers;
  const LogSink& log;

  // The same but the network.
  Seams over(Network& other) const { return {clock, disk, other, random, workers, log}; }
};

}  // namespace varve
