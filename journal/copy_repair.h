// Keeps one copy whole: fetches damaged segments from the other members, and reads everything again and again at a bounded rate to find
// damage before it is needed (protocol section 5).
//
// Threads: the event loop's. The copy outlives it.
#pragma once

#include <chrono>
#include <cstdint>

#include "base/seams.h"
#include "base/tasks.h"
#include "journal/frame_stream.h"
#include "journal/journal_copy.h"

namespace varve {

struct RepairOptions {
  std::chrono::nanoseconds retry = std::chrono::seconds(2);          // between looks at what is damaged
  std::chrono::nanoseconds patience = std::chrono::seconds(5);       // with a peer
  std::uint64_t scrub_bytes_per_second = 8u << 20;                   // 0: no scrub
  std::chrono::nanoseconds scrub_interval = std::chrono::hours(24);  // from the end of one pass to the next
};

class CopyRepair {
 public:
  CopyRepair(Seams seams, JournalCopy& copy, RepairOptions options);
  ~CopyRepair() noexcept(false);

  std::uint64_t segments_scrubbed() const { return scrubbed_; }

 private:
  Task<void> mend_again_and_again();
  Task<void> mend(DamagedSegment damaged);
  Task<Result<TxId>> start_at(std::string address);
  Task<Result<void>> mend_from(std::string address, DamagedSegment damaged);
  Task<void> scrub_again_and_again();
  std::vector<std::string> peers() const;

  Seams seams_;
  JournalCopy& copy_;
  RepairOptions options_;
  std::uint64_t scrubbed_ = 0;
  Tasks tasks_;  // destroyed first
};

}  // namespace varve
