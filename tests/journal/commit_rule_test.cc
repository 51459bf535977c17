// The rule against its definition, for every small configuration and every set of acknowledgements.
#include "journal/commit_rule.h"

#include <gtest/gtest.h>

namespace varve {
namespace {

constexpr std::uint64_t kTxids = 3;  // each member acknowledged 0 to this

std::vector<Acknowledgement> acknowledgements_of(const Configuration& configuration, std::uint64_t number) {
  std::vector<Acknowledgement> all;
  for (const Member& member : configuration.members) {
    all.push_back({member.role, TxId{number % (kTxids + 1)}});
    number /= kTxids + 1;
  }
  return all;
}

// Word for word: protocol section 4 and 7.
bool is_committed(const Configuration& configuration, const std::vector<Acknowledgement>& all, std::uint64_t txid) {
  unsigned voters = 0;
  unsigned voters_for = 0;
  unsigned data_for = 0;
  bool witness = false;
  for (const Acknowledgement& a : all) {
    const bool has = a.txid.value >= txid;
    if (a.role == MemberRole::kWitness) witness = true;
    if (a.role != MemberRole::kLearner) ++voters;
    if (a.role != MemberRole::kLearner && has) ++voters_for;
    if (a.role == MemberRole::kVoter && has) ++data_for;
  }
  unsigned copies = configuration.min_copies;
  if (copies == 0) copies = witness ? 1 : voters / 2 + 1;
  return 2 * voters_for > voters && data_for >= copies;
}

TxId highest_committed(const Configuration& configuration, const std::vector<Acknowledgement>& all) {
  std::uint64_t highest = 0;
  for (std::uint64_t txid = 1; txid <= kTxids; ++txid)
    if (is_committed(configuration, all, txid)) highest = txid;
  return TxId{highest};
}

Configuration configuration_of(unsigned voters, unsigned learners, bool witness, unsigned min_copies) {
  Configuration configuration;
  configuration.min_copies = min_copies;
  const auto add = [&](MemberRole role) {
    const auto number = configuration.members.size() + 1;
    configuration.members.push_back({Uuid{number, number}, "n" + std::to_string(number) + ":1", role});
  };
  for (unsigned i = 0; i < voters; ++i) add(MemberRole::kVoter);
  for (unsigned i = 0; i < learners; ++i) add(MemberRole::kLearner);
  if (witness) add(MemberRole::kWitness);
  return configuration;
}

void check_all_acknowledgements(const Configuration& configuration) {
  std::uint64_t cases = 1;
  for (std::size_t i = 0; i < configuration.members.size(); ++i) cases *= kTxids + 1;
  for (std::uint64_t number = 0; number < cases; ++number) {
    const auto all = acknowledgements_of(configuration, number);
    ASSERT_EQ(acknowledged_by_majority(configuration, all), highest_committed(configuration, all))
        << configuration.members.size() << " members, min_copies " << configuration.min_copies << ", case " << number;
  }
}

TEST(CommitRule, equals_its_definition_for_every_small_configuration) {
  for (unsigned voters = 1; voters <= 5; ++voters)
    for (unsigned learners = 0; learners <= 2 && voters + learners <= 6; ++learners)
      for (bool witness : {false, true})
        for (unsigned min_copies = 0; min_copies <= voters; ++min_copies)
          check_all_acknowledgements(configuration_of(voters, learners, witness, min_copies));
}

TEST(CommitRule, any_two_majorities_share_a_voter) {
  for (unsigned voters = 1; voters <= 9; ++voters) {
    const std::size_t majority = majority_of(configuration_of(voters, 2, false, 0));
    EXPECT_GT(2 * majority, voters);
    EXPECT_LE(majority, voters);
  }
}

TEST(CommitRule, a_witness_counts_as_a_voter_and_never_as_a_copy) {
  const Configuration two_and_witness = configuration_of(2, 0, true, 0);
  EXPECT_EQ(majority_of(two_and_witness), 2u);
  EXPECT_EQ(copies_needed(two_and_witness), 1u);
  EXPECT_EQ(acknowledged_by_majority(two_and_witness,
                                     {{MemberRole::kVoter, TxId{7}}, {MemberRole::kVoter, TxId{0}}, {MemberRole::kWitness, TxId{6}}}),
            TxId{6});
}

TEST(CommitRule, learners_never_count) {
  const Configuration configuration = configuration_of(1, 3, false, 0);
  EXPECT_EQ(acknowledged_by_majority(configuration, {{MemberRole::kVoter, TxId{0}},
                                                     {MemberRole::kLearner, TxId{9}},
                                                     {MemberRole::kLearner, TxId{9}},
                                                     {MemberRole::kLearner, TxId{9}}}),
            TxId{0});
}

TEST(CommitRule, nothing_is_committed_where_more_copies_are_asked_for_than_there_are_data_nodes) {
  EXPECT_EQ(acknowledged_by_majority(configuration_of(1, 0, false, 2), {{MemberRole::kVoter, TxId{9}}}), TxId{0});
  EXPECT_EQ(acknowledged_by_majority(Configuration{}, {}), TxId{0});
}

}  // namespace
}  // namespace varve
