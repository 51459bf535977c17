// How a node that was away gets what it missed: frames from another member, stored under the checks of an append of the epoch that
// ordered it, made at the moment of storing (protocol section 5).
#pragma once

#include "base/seams.h"
#include "base/task.h"
#include "journal/frame_stream.h"
#include "journal/journal_copy.h"

namespace varve {

// Up to `order.to`. The answer is that of the last append, or the first that was not Stored; kNotFound: the source has purged what is
// missing.
Task<StoreAnswer> pull_frames(Seams seams, JournalCopy& copy, JournalIdentity journal, Epoch epoch, Uuid writer, wire::PullOrder order,
                              std::chrono::nanoseconds patience);

}  // namespace varve
