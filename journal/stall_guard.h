// Finds out that the other end of a connection has stopped in the middle of something.
#pragma once

#include <chrono>

#include "base/clock.h"
#include "base/task.h"
#include "journal/stream_channel.h"

namespace varve {

// Resolves when for `patience` (and at most twice that) nothing moved while a message had begun to come, or something was to be sent; for
// what is sent there is time besides, as for a line of 1 MiB/s. The channel outlives it.
Task<Error> when_stalled(Clock& clock, const StreamChannel& channel, std::chrono::nanoseconds patience);

}  // namespace varve
