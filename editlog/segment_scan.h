// Looks at every byte of one segment in progress: which frames are proven, and what stands behind them. It judges nothing
// (recovery_table.h does) and changes nothing.
#pragma once

#include <optional>
#include <vector>

#include "base/disk.h"
#include "base/task.h"
#include "editlog/configuration_history.h"
#include "editlog/frame_ends.h"
#include "editlog/recovery_table.h"
#include "editlog/segment_contents.h"
#include "editlog/segment_file.h"
#include "editlog/segment_reader.h"

namespace varve {

struct SegmentScan {
  SegmentHead head;
  SegmentContents contents;  // of the proven frames

  std::optional<FrameEnd> committed;  // the highest proven frame that a header of this file says is committed
  FrameEnds uncommitted;              // proven frames above it

  std::vector<LogConfiguration> configurations;  // what the proven frames say of it

  SegmentStop stop;  // why the frames end
  NextFrameState next = NextFrameState::kNone;
  bool unwritten_sector = false;           // in the damaged frame, when its length can be believed
  bool zeroed_sector = false;              // the same
  TxId mark_behind;                        // highest `committed` of the readable headers behind the proven frames
  std::uint64_t written_bytes_behind = 0;  // sectors behind the proven frames that are not unwritten
  bool footer_whole = false;               // exactly the footer of these frames stands behind them
};

// Readable frames behind damage: from the first that can be read on, one after the other.
struct FramesBehindDamage {
  LogPosition last;
  SegmentScan tail;  // what stands behind them; holds no frames
};
// Of a segment whose scan stopped at a defect. Nothing when no frame that follows can be read.
Task<Result<std::optional<FramesBehindDamage>>> scan_behind_damage(File& file, SegmentScan scan);

// Precondition: `head` was read from `file`. With `upto`, frames above it are not looked at, nor what stands behind it.
Task<Result<SegmentScan>> scan_segment(File& file, SegmentHead head, std::optional<TxId> upto = std::nullopt);

}  // namespace varve
