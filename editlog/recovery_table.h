// What a crash or damage can leave of a log's directory, and what recovery does about it: the table of docs/recovery.md as code.
//
// Pure: facts in, one labelled row out. Every combination of facts meets exactly one row; who gathers the facts does the I/O
// (recovery.h), who acts on them switches on the decision.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace varve {

enum class RecoveryDecision : std::uint8_t {
  kKeep,            // as it is
  kNotFormatted,    // kNotFound: no log here
  kRestoreVersion,  // VERSION is written again from the slots
  kRemove,          // the file goes
  kFinalize,        // finalizing is done, or done again
  kCopy,            // the proven frames go to a new file, which takes the old one's name
  kDamaged,         // refused with kDamaged; nothing changes on disk
  kForeign,         // refused with kForeign; nothing changes on disk
  kNewerLayout,     // refused with kNewerLayout; nothing changes on disk
};

enum class RecoveryRow : std::uint8_t {
  // The directory: VERSION and slots.
  kDirectoryIntact,
  kDirectoryOneSlotBad,
  kDirectoryNeverFormatted,
  kDirectoryFormatUnfinished,
  kDirectoryVersionLost,
  kDirectorySlotsLost,
  kDirectoryIdentitiesDiffer,
  kDirectoryOtherNamespace,
  kDirectoryNewerLayout,
  // One file against the start of the log and its neighbours.
  kSequenceBeforeRestart,
  kSequenceInOrder,
  kSequencePurged,
  kSequenceAcrossStart,
  kSequenceOverlap,
  kSequenceGap,
  kSequenceBrokenChain,
  kSequenceNewestMissing,
  // One file by itself.
  kFileFinal,
  kFileBadHeader,
  kFileNewerLayout,
  kFileForeign,
  kFileMisnamed,
  kFileBadTrailer,
  kFileFinalizeUnfinished,
  kFileNoFirstFrame,
  kFileHole,
  kFileNoRecord,
  kFileWrongSize,
  kFileGrowing,
  // What stands behind the last proven frame of the file that grows.
  kTailMarked,
  kTailUnproven,
  kTailTornHeader,
  kTailTornBody,
  kTailBelowMark,
  kTailZeroedHeader,
  kTailRottenHeader,
  kTailRottenBody,
  kTailZeroedBody,
  kTailBrokenChain,
  kTailPastEnd,
  kTailNewerLayout,
};
inline constexpr int kRecoveryRows = static_cast<int>(RecoveryRow::kTailNewerLayout) + 1;

struct RecoveryRowText {
  RecoveryRow row;
  std::string_view label;  // as in docs/recovery.md: "tail.torn_body"
  RecoveryDecision decision;
  std::string_view found;   // what it is, for error texts and log lines
  std::string_view advice;  // what the operator can do; empty when nothing is to be done
};
std::span<const RecoveryRowText> recovery_table();
const RecoveryRowText& describe(RecoveryRow row);
inline RecoveryDecision decision_of(RecoveryRow row) {
  return describe(row).decision;
}
std::string_view to_string(RecoveryDecision decision);

// --- The directory ---------------------------------------------------------------------------------------------------

enum class VersionState : std::uint8_t { kGood, kDamaged, kMissing, kNewer };
enum class SlotsState : std::uint8_t { kGood, kOneBad, kBothBad, kMissing, kNewer };

struct DirectoryFacts {
  VersionState version = VersionState::kGood;
  SlotsState slots = SlotsState::kGood;
  bool has_segments = false;
  bool slots_used = false;         // a readable slot holds a promise or a mark above the start
  bool identities_agree = true;    // VERSION and slots name the same namespace, lineage and disk; true when one is not readable
  bool namespace_expected = true;  // as the caller asked for, or the caller did not ask
};
RecoveryRow classify_directory(const DirectoryFacts& facts);

// --- One file against the start and the file before it ---------------------------------------------------------------

enum class Order : std::uint8_t { kBelow, kNext, kAbove };  // first txid against the one that must follow

struct SequenceFacts {
  bool finalized = false;
  bool ends_at_or_below_start = false;  // of one in progress: its frames end exactly there
  bool begins_at_or_below_start = false;
  Order begins = Order::kNext;  // against the last txid before it + 1 (the start's, for the first file)
  bool chains = true;           // its header names the digest before it, and its lineage; epochs do not fall
  bool restarting = false;      // the slots say that a restart was not finished
};
RecoveryRow classify_sequence(const SequenceFacts& facts);

// --- One file by itself ----------------------------------------------------------------------------------------------

enum class FileHeaderState : std::uint8_t { kGood, kBad, kNewer, kForeign };
enum class ReachState : std::uint8_t { kNewest, kReachesNext, kMissesNext };  // do its frames end where the next file begins?

struct FileFacts {
  bool finalized = false;
  FileHeaderState header = FileHeaderState::kGood;
  bool name_agrees = true;
  bool trailer_good = false;  // index and trailer stand whole right behind the last frame, and agree with it
  bool first_frame_whole = true;
  ReachState reach = ReachState::kNewest;
  bool has_record = true;  // the preallocation record stands in its head
  bool size_as_recorded = true;
};
RecoveryRow classify_file(const FileFacts& facts);

// --- Behind the last proven frame of the newest segment in progress --------------------------------------------------

enum class NextFrameState : std::uint8_t {
  kNone,             // nothing but unwritten sectors up to the end of the file
  kHeaderUnwritten,  // its header's sector was never written, but one behind it was
  kHeaderZeroed,
  kHeaderInvalid,  // written, and not a header whose own digest holds (or with impossible fields)
  kHeaderNewer,
  kBrokenChain,  // a header whose own digest holds, but not the one that follows
  kPastEnd,      // a header that follows, of a frame longer than the file
  kBodyDamaged,  // a header that follows, of a body whose digest does not hold
};

struct TailFacts {
  NextFrameState next = NextFrameState::kNone;
  bool mark_above_end = false;    // some mark (slots, any readable header) is above the last proven frame
  bool end_above_mark = false;    // the last proven frame is above the last durable mark; excludes mark_above_end
  bool unwritten_sector = false;  // in the damaged body
  bool zeroed_sector = false;     // in the damaged body
};
RecoveryRow classify_tail(const TailFacts& facts);

}  // namespace varve
