// Reads the fixed parts of a segment file, at its two ends.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/disk.h"
#include "base/task.h"
#include "editlog/segment_contents.h"
#include "editlog/segment_format.h"
#include "varve/error.h"

namespace varve {

// The first kFramesOffset bytes.
struct SegmentHead {
  SegmentHeader header;
  // Absent when that sector is all zeros: the segment is finalized, or its finalize got past the trailer.
  std::optional<PreallocationRecord> preallocation;
  std::uint64_t file_bytes = 0;  // the file's size
};

// Everything in the head is verified: digests, layout, namespace, zeros where zeros belong. Errors: kIo, kDamaged (also a file too short),
// kForeign, kNewerLayout; a head that is all zeros but for the preallocation record (a prepared file that was never opened) is kDamaged.
Task<Result<SegmentHead>> read_segment_head(File& file, Uuid namespace_id);

// Index and trailer of a finalized segment.
struct SegmentFooter {
  SegmentTrailer trailer;
  std::vector<IndexEntry> index;
  LogPosition last() const { return {TxId{trailer.last_txid}, Epoch{trailer.last_epoch}, trailer.last_digest}; }
};

// The trailer stands in the last sector of the file. It and the index are verified against their digests, the header and the file's size.
// Errors: kIo, kDamaged, kForeign, kNewerLayout.
Task<Result<SegmentFooter>> read_segment_footer(File& file, SegmentHead head);

}  // namespace varve
