// The rows of docs/recovery.md: each combination of facts meets exactly one, each is met, and the page says what the code does.
#include "editlog/recovery_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <set>
#include <sstream>
#include <vector>

namespace varve {
namespace {

using Row = RecoveryRow;

template <typename Facts>
struct Condition {
  Row row;
  std::function<bool(const Facts&)> holds;
};

// The page's conditions, written down a second time, each without regard to the others.
template <typename Facts>
void expect_one_row_each(const std::vector<Facts>& combinations, const std::vector<Condition<Facts>>& conditions,
                         Row (*classify)(const Facts&)) {
  std::set<Row> met;
  for (const Facts& facts : combinations) {
    int matches = 0;
    for (const auto& condition : conditions) {
      if (!condition.holds(facts)) continue;
      ++matches;
      EXPECT_EQ(classify(facts), condition.row) << describe(classify(facts)).label << " instead of " << describe(condition.row).label;
      met.insert(condition.row);
    }
    EXPECT_EQ(matches, 1) << describe(classify(facts)).label;
  }
  EXPECT_EQ(met.size(), conditions.size()) << "a row that no combination meets";
}

constexpr bool kBools[] = {false, true};

TEST(RecoveryTable, directory_facts_meet_exactly_one_row) {
  using V = VersionState;
  using S = SlotsState;
  std::vector<DirectoryFacts> all;
  for (V version : {V::kGood, V::kDamaged, V::kMissing, V::kNewer})
    for (S slots : {S::kGood, S::kOneBad, S::kBothBad, S::kMissing, S::kNewer})
      for (bool segments : kBools)
        for (bool used : kBools)
          for (bool agree : kBools)
            for (bool expected : kBools) all.push_back({version, slots, segments, used, agree, expected});

  auto newer = [](const DirectoryFacts& f) { return f.version == V::kNewer || f.slots == S::kNewer; };
  auto readable = [](const DirectoryFacts& f) { return f.slots == S::kGood || f.slots == S::kOneBad; };
  auto in_use = [=](const DirectoryFacts& f) { return f.version != V::kMissing || f.has_segments || f.slots_used; };
  auto ours = [](const DirectoryFacts& f) { return f.identities_agree && f.namespace_expected; };
  expect_one_row_each<DirectoryFacts>(
      all,
      {{Row::kDirectoryNewerLayout, newer},
       {Row::kDirectoryNeverFormatted,
        [=](auto& f) { return !newer(f) && f.version == V::kMissing && f.slots == S::kMissing && !f.has_segments; }},
       {Row::kDirectoryFormatUnfinished,
        [=](auto& f) {
          return !newer(f) && f.version == V::kMissing && !f.has_segments && f.slots != S::kMissing && !(readable(f) && f.slots_used);
        }},
       {Row::kDirectorySlotsLost, [=](auto& f) { return !newer(f) && !readable(f) && (f.version != V::kMissing || f.has_segments); }},
       {Row::kDirectoryIdentitiesDiffer, [=](auto& f) { return !newer(f) && readable(f) && in_use(f) && !f.identities_agree; }},
       {Row::kDirectoryOtherNamespace,
        [=](auto& f) { return !newer(f) && readable(f) && in_use(f) && f.identities_agree && !f.namespace_expected; }},
       {Row::kDirectoryVersionLost, [=](auto& f) { return !newer(f) && readable(f) && in_use(f) && ours(f) && f.version != V::kGood; }},
       {Row::kDirectoryOneSlotBad, [=](auto& f) { return f.version == V::kGood && f.slots == S::kOneBad && ours(f); }},
       {Row::kDirectoryIntact, [=](auto& f) { return f.version == V::kGood && f.slots == S::kGood && ours(f); }}},
      classify_directory);
}

TEST(RecoveryTable, sequence_facts_meet_exactly_one_row) {
  std::vector<SequenceFacts> all;
  for (bool finalized : kBools)
    for (bool ends_below : kBools)
      for (bool begins_below : kBools)
        for (Order begins : {Order::kBelow, Order::kNext, Order::kAbove})
          for (bool chains : kBools)
            for (bool restarting : kBools) all.push_back({finalized, ends_below, begins_below, begins, chains, restarting});

  auto ended_below = [](const SequenceFacts& f) { return f.ends_at_or_below_start; };
  auto purged = [=](const SequenceFacts& f) { return !f.restarting && ended_below(f); };
  auto above = [=](const SequenceFacts& f) { return !f.restarting && !ended_below(f) && !f.begins_at_or_below_start; };
  expect_one_row_each<SequenceFacts>(
      all,
      {{Row::kSequenceBeforeRestart, [](auto& f) { return f.restarting; }},
       {Row::kSequencePurged, purged},
       {Row::kSequenceAcrossStart, [=](auto& f) { return !f.restarting && !ended_below(f) && f.begins_at_or_below_start; }},
       {Row::kSequenceOverlap, [=](auto& f) { return above(f) && f.begins == Order::kBelow; }},
       {Row::kSequenceGap, [=](auto& f) { return above(f) && f.begins == Order::kAbove; }},
       {Row::kSequenceBrokenChain, [=](auto& f) { return above(f) && f.begins == Order::kNext && !f.chains; }},
       {Row::kSequenceInOrder, [=](auto& f) { return above(f) && f.begins == Order::kNext && f.chains; }}},
      classify_sequence);
}

TEST(RecoveryTable, file_facts_meet_exactly_one_row) {
  using H = FileHeaderState;
  using R = ReachState;
  std::vector<FileFacts> all;
  for (bool finalized : kBools)
    for (H header : {H::kGood, H::kBad, H::kNewer, H::kForeign})
      for (bool name : kBools)
        for (bool trailer : kBools)
          for (bool first : kBools)
            for (R reach : {R::kNewest, R::kReachesNext, R::kMissesNext})
              for (bool record : kBools)
                for (bool size : kBools) all.push_back({finalized, header, name, trailer, first, reach, record, size});

  auto named = [](const FileFacts& f) { return f.header == H::kGood && f.name_agrees; };
  auto open = [=](const FileFacts& f) { return named(f) && !f.finalized && f.first_frame_whole; };
  auto newest = [=](const FileFacts& f) { return open(f) && f.reach == R::kNewest && !f.trailer_good; };
  expect_one_row_each<FileFacts>(
      all,
      {{Row::kFileNewerLayout, [](auto& f) { return f.header == H::kNewer; }},
       {Row::kFileForeign, [](auto& f) { return f.header == H::kForeign; }},
       {Row::kFileBadHeader, [](auto& f) { return f.header == H::kBad; }},
       {Row::kFileMisnamed, [](auto& f) { return f.header == H::kGood && !f.name_agrees; }},
       {Row::kFileBadTrailer, [=](auto& f) { return named(f) && f.finalized && !f.trailer_good; }},
       {Row::kFileFinal, [=](auto& f) { return named(f) && f.finalized && f.trailer_good; }},
       {Row::kFileNoFirstFrame, [=](auto& f) { return named(f) && !f.finalized && !f.first_frame_whole; }},
       {Row::kFileFinalizeUnfinished,
        [=](auto& f) { return open(f) && (f.reach == R::kReachesNext || (f.reach == R::kNewest && f.trailer_good)); }},
       {Row::kFileHole, [=](auto& f) { return open(f) && f.reach == R::kMissesNext; }},
       {Row::kFileNoRecord, [=](auto& f) { return newest(f) && !f.has_record; }},
       {Row::kFileWrongSize, [=](auto& f) { return newest(f) && f.has_record && !f.size_as_recorded; }},
       {Row::kFileGrowing, [=](auto& f) { return newest(f) && f.has_record && f.size_as_recorded; }}},
      classify_file);
}

TEST(RecoveryTable, tail_facts_meet_exactly_one_row) {
  using N = NextFrameState;
  std::vector<TailFacts> all;
  for (N next :
       {N::kNone, N::kHeaderUnwritten, N::kHeaderZeroed, N::kHeaderInvalid, N::kHeaderNewer, N::kBrokenChain, N::kPastEnd, N::kBodyDamaged})
    for (bool mark_above : kBools)
      for (bool end_above : kBools)
        for (bool unwritten : kBools)
          for (bool zeroed : kBools)
            if (!(mark_above && end_above)) all.push_back({next, mark_above, end_above, unwritten, zeroed});

  auto next_is = [](N next) { return [next](const TailFacts& f) { return f.next == next && !f.mark_above_end; }; };
  auto body = next_is(N::kBodyDamaged);
  expect_one_row_each<TailFacts>(all,
                                 {{Row::kTailNewerLayout, [](auto& f) { return f.next == N::kHeaderNewer; }},
                                  {Row::kTailBelowMark, [](auto& f) { return f.mark_above_end && f.next != N::kHeaderNewer; }},
                                  {Row::kTailMarked, [](auto& f) { return f.next == N::kNone && !f.mark_above_end && !f.end_above_mark; }},
                                  {Row::kTailUnproven, [](auto& f) { return f.next == N::kNone && !f.mark_above_end && f.end_above_mark; }},
                                  {Row::kTailTornHeader, next_is(N::kHeaderUnwritten)},
                                  {Row::kTailZeroedHeader, next_is(N::kHeaderZeroed)},
                                  {Row::kTailRottenHeader, next_is(N::kHeaderInvalid)},
                                  {Row::kTailBrokenChain, next_is(N::kBrokenChain)},
                                  {Row::kTailPastEnd, next_is(N::kPastEnd)},
                                  {Row::kTailTornBody, [=](auto& f) { return body(f) && f.unwritten_sector; }},
                                  {Row::kTailRottenBody, [=](auto& f) { return body(f) && !f.unwritten_sector && !f.zeroed_sector; }},
                                  {Row::kTailZeroedBody, [=](auto& f) { return body(f) && !f.unwritten_sector && f.zeroed_sector; }}},
                                 classify_tail);
}

TEST(RecoveryTable, the_page_has_each_row_with_its_decision) {
  std::ifstream file(VARVE_SOURCE_DIR "/docs/recovery.md");
  ASSERT_TRUE(file) << "docs/recovery.md";
  std::set<std::string> rows_on_page;
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("| `") || line.find('.') == std::string::npos) continue;
    const std::string label = line.substr(3, line.find('`', 3) - 3);
    for (const RecoveryRowText& text : recovery_table()) {
      if (text.label != label) continue;
      rows_on_page.insert(label);
      EXPECT_THAT(line, testing::EndsWith("| " + std::string(to_string(text.decision)) + " |"));
    }
  }
  EXPECT_EQ(rows_on_page.size(), static_cast<std::size_t>(kRecoveryRows));
}

TEST(RecoveryTable, whoever_is_refused_is_told_what_to_do) {
  for (const RecoveryRowText& text : recovery_table()) {
    const bool refused = text.decision == RecoveryDecision::kDamaged || text.decision == RecoveryDecision::kForeign ||
                         text.decision == RecoveryDecision::kNewerLayout || text.decision == RecoveryDecision::kNotFormatted;
    EXPECT_EQ(refused, !text.advice.empty()) << text.label;
  }
}

}  // namespace
}  // namespace varve
