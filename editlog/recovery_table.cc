#include "editlog/recovery_table.h"

#include "base/check.h"

namespace varve {
namespace {

using enum RecoveryDecision;

constexpr std::string_view kMend = "put the file back from a copy; `varve log verify` names all damage";
constexpr std::string_view kUpgrade = "open it with a newer Varve";
constexpr std::string_view kWrongPlace = "check the path and the configuration";

constexpr RecoveryRowText kTable[] = {
    {RecoveryRow::kDirectoryIntact, "directory.intact", kKeep, "VERSION and both slots are good", ""},
    {RecoveryRow::kDirectoryOneSlotBad, "directory.one_slot_bad", kKeep, "one slot is damaged, the other is good", ""},
    {RecoveryRow::kDirectoryNeverFormatted, "directory.never_formatted", kNotFormatted, "no log in this directory", "format it first"},
    {RecoveryRow::kDirectoryFormatUnfinished, "directory.format_unfinished", kNotFormatted, "formatting was not finished",
     "format it again"},
    {RecoveryRow::kDirectoryVersionLost, "directory.version_lost", kRestoreVersion, "VERSION is missing or damaged, the slots are good",
     ""},
    {RecoveryRow::kDirectorySlotsLost, "directory.slots_lost", kDamaged, "no valid slot", kMend},
    {RecoveryRow::kDirectoryIdentitiesDiffer, "directory.identities_differ", kForeign, "VERSION and slots are of different logs", kMend},
    {RecoveryRow::kDirectoryOtherNamespace, "directory.other_namespace", kForeign, "a log of another namespace", kWrongPlace},
    {RecoveryRow::kDirectoryNewerLayout, "directory.newer_layout", kNewerLayout, "written by a newer Varve", kUpgrade},

    {RecoveryRow::kSequenceBeforeRestart, "sequence.before_restart", kRemove, "of the log before a restart that was not finished", ""},
    {RecoveryRow::kSequenceInOrder, "sequence.in_order", kKeep, "follows the frame before it", ""},
    {RecoveryRow::kSequencePurged, "sequence.purged", kRemove, "wholly below the start of the log: a purge was not finished", ""},
    {RecoveryRow::kSequenceAcrossStart, "sequence.across_start", kDamaged, "begins below the start of the log and ends above it", kMend},
    {RecoveryRow::kSequenceOverlap, "sequence.overlap", kDamaged, "two files hold the same transactions",
     "move the one that does not belong here aside"},
    {RecoveryRow::kSequenceGap, "sequence.gap", kDamaged, "a file is missing before this one", kMend},
    {RecoveryRow::kSequenceBrokenChain, "sequence.broken_chain", kDamaged, "does not chain to the frame before it", kMend},
    {RecoveryRow::kSequenceNewestMissing, "sequence.newest_missing", kDamaged,
     "the log ends below its durable mark: its newest file is missing", kMend},

    {RecoveryRow::kFileFinal, "file.final", kKeep, "a finalized segment", ""},
    {RecoveryRow::kFileBadHeader, "file.bad_header", kDamaged, "the head of the segment is missing or damaged", kMend},
    {RecoveryRow::kFileNewerLayout, "file.newer_layout", kNewerLayout, "written by a newer Varve", kUpgrade},
    {RecoveryRow::kFileForeign, "file.foreign", kForeign, "a segment of another namespace", kWrongPlace},
    {RecoveryRow::kFileMisnamed, "file.misnamed", kDamaged, "the file's name and its content disagree", "give the file its old name"},
    {RecoveryRow::kFileBadTrailer, "file.bad_trailer", kDamaged, "the index or trailer of a finalized segment is missing or damaged",
     kMend},
    {RecoveryRow::kFileFinalizeUnfinished, "file.finalize_unfinished", kFinalize, "finalizing the segment was not finished", ""},
    {RecoveryRow::kFileNoFirstFrame, "file.no_first_frame", kDamaged,
     "the first frame, which was durable before the file had its name, is not whole", kMend},
    {RecoveryRow::kFileHole, "file.hole", kDamaged, "its frames do not end where the next segment begins", kMend},
    {RecoveryRow::kFileNoRecord, "file.no_record", kDamaged, "a segment in progress without preallocation record", kMend},
    {RecoveryRow::kFileWrongSize, "file.wrong_size", kDamaged, "the file has not the size that it was preallocated with", kMend},
    {RecoveryRow::kFileGrowing, "file.growing", kKeep, "the segment in progress", ""},

    {RecoveryRow::kTailMarked, "tail.marked", kKeep, "ends at the durable mark", ""},
    {RecoveryRow::kTailUnproven, "tail.unproven", kCopy, "whole frames above the durable mark", ""},
    {RecoveryRow::kTailTornHeader, "tail.torn_header", kCopy, "a frame whose header was never written", ""},
    {RecoveryRow::kTailTornBody, "tail.torn_body", kCopy, "a frame with a sector that was never written", ""},
    {RecoveryRow::kTailBelowMark, "tail.below_mark", kDamaged, "frames at or below the durable mark are missing or damaged", kMend},
    {RecoveryRow::kTailZeroedHeader, "tail.zeroed_header", kDamaged, "zeros where a frame or unwritten space should be", kMend},
    {RecoveryRow::kTailRottenHeader, "tail.rotten_header", kDamaged, "a frame's header was written and is damaged", kMend},
    {RecoveryRow::kTailRottenBody, "tail.rotten_body", kDamaged, "a frame's body was written whole and is damaged", kMend},
    {RecoveryRow::kTailZeroedBody, "tail.zeroed_body", kDamaged, "a frame's body was written whole and has zeroed sectors", kMend},
    {RecoveryRow::kTailBrokenChain, "tail.broken_chain", kDamaged, "a frame that does not follow the one before it", kMend},
    {RecoveryRow::kTailPastEnd, "tail.past_end", kDamaged, "a frame that is longer than its file", kMend},
    {RecoveryRow::kTailNewerLayout, "tail.newer_layout", kNewerLayout, "a frame written by a newer Varve", kUpgrade},
};
static_assert(std::size(kTable) == kRecoveryRows);

}  // namespace

std::span<const RecoveryRowText> recovery_table() {
  return kTable;
}

const RecoveryRowText& describe(RecoveryRow row) {
  const RecoveryRowText& text = kTable[static_cast<std::size_t>(row)];
  CHECK(text.row == row, text.label);
  return text;
}

std::string_view to_string(RecoveryDecision decision) {
  switch (decision) {
    case kKeep:
      return "keep";
    case kNotFormatted:
      return "not formatted";
    case kRestoreVersion:
      return "restore VERSION";
    case kRemove:
      return "remove";
    case kFinalize:
      return "finalize";
    case kCopy:
      return "copy";
    case kDamaged:
      return "damaged";
    case kForeign:
      return "foreign";
    case kNewerLayout:
      return "newer layout";
  }
  return "?";
}

RecoveryRow classify_directory(const DirectoryFacts& facts) {
  using enum RecoveryRow;
  const bool version_there = facts.version != VersionState::kMissing;
  if (facts.version == VersionState::kNewer || facts.slots == SlotsState::kNewer) return kDirectoryNewerLayout;
  const bool slots_readable = facts.slots == SlotsState::kGood || facts.slots == SlotsState::kOneBad;
  if (!slots_readable) {
    if (version_there || facts.has_segments) return kDirectorySlotsLost;
    return facts.slots == SlotsState::kMissing ? kDirectoryNeverFormatted : kDirectoryFormatUnfinished;
  }
  if (!version_there && !facts.has_segments && !facts.slots_used) return kDirectoryFormatUnfinished;
  if (!facts.identities_agree) return kDirectoryIdentitiesDiffer;
  if (!facts.namespace_expected) return kDirectoryOtherNamespace;
  if (facts.version != VersionState::kGood) return kDirectoryVersionLost;
  return facts.slots == SlotsState::kOneBad ? kDirectoryOneSlotBad : kDirectoryIntact;
}

RecoveryRow classify_sequence(const SequenceFacts& facts) {
  using enum RecoveryRow;
  if (facts.restarting) return kSequenceBeforeRestart;
  if (facts.ends_at_or_below_start) return kSequencePurged;
  if (facts.begins_at_or_below_start) return kSequenceAcrossStart;
  switch (facts.begins) {
    case Order::kBelow:
      return kSequenceOverlap;
    case Order::kAbove:
      return kSequenceGap;
    case Order::kNext:
      break;
  }
  return facts.chains ? kSequenceInOrder : kSequenceBrokenChain;
}

RecoveryRow classify_file(const FileFacts& facts) {
  using enum RecoveryRow;
  switch (facts.header) {
    case FileHeaderState::kBad:
      return kFileBadHeader;
    case FileHeaderState::kNewer:
      return kFileNewerLayout;
    case FileHeaderState::kForeign:
      return kFileForeign;
    case FileHeaderState::kGood:
      break;
  }
  if (!facts.name_agrees) return kFileMisnamed;
  if (facts.finalized) return facts.trailer_good ? kFileFinal : kFileBadTrailer;
  if (!facts.first_frame_whole) return kFileNoFirstFrame;
  if (facts.reach == ReachState::kReachesNext) return kFileFinalizeUnfinished;
  if (facts.reach == ReachState::kMissesNext) return kFileHole;
  if (facts.trailer_good) return kFileFinalizeUnfinished;
  if (!facts.has_record) return kFileNoRecord;
  return facts.size_as_recorded ? kFileGrowing : kFileWrongSize;
}

RecoveryRow classify_tail(const TailFacts& facts) {
  using enum RecoveryRow;
  if (facts.next == NextFrameState::kHeaderNewer) return kTailNewerLayout;
  if (facts.mark_above_end) return kTailBelowMark;
  switch (facts.next) {
    case NextFrameState::kNone:
      return facts.end_above_mark ? kTailUnproven : kTailMarked;
    case NextFrameState::kHeaderUnwritten:
      return kTailTornHeader;
    case NextFrameState::kHeaderZeroed:
      return kTailZeroedHeader;
    case NextFrameState::kHeaderInvalid:
      return kTailRottenHeader;
    case NextFrameState::kBrokenChain:
      return kTailBrokenChain;
    case NextFrameState::kPastEnd:
      return kTailPastEnd;
    case NextFrameState::kHeaderNewer:
      return kTailNewerLayout;
    case NextFrameState::kBodyDamaged:
      break;
  }
  // An acknowledged frame has no unwritten sector, so one that has any was never acknowledged, whatever else is in it: the zeros may
  // be the user's own.
  if (facts.unwritten_sector) return kTailTornBody;
  return facts.zeroed_sector ? kTailZeroedBody : kTailRottenBody;
}

}  // namespace varve
