// Reads every byte of one finalized segment, at a bounded rate.
#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "base/disk.h"
#include "base/task.h"
#include "editlog/segment_format.h"

namespace varve {

// What a finalized segment must be, by those who wrote it or opened the log.
struct ScrubTarget {
  SegmentHeader header;
  LogPosition last;
};

// What is wrong, in one line; bytes that the disk does not give back are wrong too.
Task<std::optional<std::string>> scrub_segment(Directory& directory, ScrubTarget target, Clock& clock, std::uint64_t bytes_per_second);

}  // namespace varve
