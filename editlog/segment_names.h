// File names of the log: edits_<first>-<last>, edits_inprogress_<first>, txids with 19 digits.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "varve/types.h"

namespace varve {

struct SegmentName {
  TxId first;
  std::optional<TxId> last;  // absent: in progress
  bool operator==(const SegmentName&) const = default;
};

std::string finalized_name(TxId first, TxId last);
std::string in_progress_name(TxId first);
// std::nullopt when `name` is not exactly one of the two forms (first >= 1, last >= first).
std::optional<SegmentName> parse_segment_name(std::string_view name);

inline constexpr std::string_view kSlotsFile = "slots";
inline constexpr std::string_view kVersionFile = "VERSION";
inline constexpr std::string_view kReserveFile = "reserve";              // space kept free for closing and recovery
inline constexpr std::string_view kPreparedFile = "edits_prepared.tmp";  // the next segment, preallocated ahead
inline constexpr std::string_view kTemporarySuffix = ".tmp";             // anything so named is left over from a crash and may be removed

}  // namespace varve
