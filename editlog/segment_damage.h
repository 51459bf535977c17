#pragma once

#include <string>
#include <vector>

namespace varve {

// Why a segment of a log is not served whole.
struct SegmentDamage {
  std::string what;                // one line
  std::vector<std::string> files;  // what stands there; none when it is missing
  bool readable = false;           // its head and its end are good: readers go on until they meet the damage
  bool grows = false;              // the segment in progress: it goes on once it is mended
  bool end_exact = true;           // the epoch of its last frame is known; else it is an upper bound
};

}  // namespace varve
