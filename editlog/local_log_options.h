#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "editlog/segment_names.h"
#include "varve/types.h"

namespace varve {

// What opening does about damage that is no torn tail.
enum class DamagePolicy : std::uint8_t {
  kRefuse,  // fails with kDamaged and changes nothing: there is no other copy to mend it from
  kServe,   // opens with what is proven: an unknown tail, damaged segments
};

struct LocalLogOptions {
  std::uint64_t segment_bytes = 64ull << 20;       // preallocated size of a segment; a larger frame gets a segment of its own size
  std::uint64_t disk_reserve_bytes = 64ull << 20;  // at least a segment's size is reserved; 0: no reserve
  std::chrono::milliseconds mark_delay{1000};
  bool direct_io = true;
  DamagePolicy on_damage = DamagePolicy::kRefuse;
  // Of kServe: what is readable behind damage in segments in progress counts, a hole in the segment that grows among it; else the log ends
  // before the damage, and the tail is unknown.
  bool end_behind_hole = true;
};

struct SegmentInfo {
  SegmentName name;
  TxId last;                // of the last frame in it; first - 1 when empty
  std::uint64_t bytes = 0;  // of the file
};

// What opening found and did; for logs, status and tests.
struct LocalLogRecovery {
  std::uint64_t torn_bytes_cut = 0;   // of frames never acknowledged
  std::uint64_t segments_copied = 0;  // tail behind the last durable mark, put into a new file
  std::uint64_t segments_finalized = 0;
  bool slot_repaired = false;
  bool version_repaired = false;
  std::vector<std::string> ignored;  // foreign names in the directory
};

}  // namespace varve
