#include "journal/log_choice.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <initializer_list>

namespace varve {
namespace {

LogPosition at(std::uint64_t txid, std::uint64_t epoch) {
  return {TxId{txid}, Epoch{epoch}, Digest{txid, epoch}};
}

std::string address_of(unsigned node) {
  return "n" + std::to_string(node) + ":8485";
}

Configuration members(std::initializer_list<unsigned> voters, std::initializer_list<unsigned> learners = {}) {
  Configuration configuration;
  for (unsigned node : voters) configuration.members.push_back({Uuid{node, 1}, address_of(node), MemberRole::kVoter});
  for (unsigned node : learners) configuration.members.push_back({Uuid{node, 1}, address_of(node), MemberRole::kLearner});
  return configuration;
}

class LogChoiceTest : public ::testing::Test {
 protected:
  PromiseAnswer& answer(unsigned node, LogPosition end, LogPosition committed = {}, const Configuration& of = members({1, 2, 3})) {
    PromiseAnswer answer;
    answer.address = address_of(node);
    answer.state.disk = Uuid{node, 1};
    answer.state.committed = committed;
    answer.state.branches = {committed, end};
    answer.state.configuration = {of.txid, encode(of)};
    answers_.push_back(std::move(answer));
    return answers_.back();
  }
  // Node of the best log; 0: wait for more.
  unsigned choice() {
    auto chosen = choose_log(answers_);
    EXPECT_TRUE(chosen) << chosen.error().text();
    return chosen && *chosen ? static_cast<unsigned>(answers_[(*chosen)->best].state.disk.low) : 0;
  }

  std::vector<PromiseAnswer> answers_;
};

TEST_F(LogChoiceTest, nobody_answered_yet) {
  EXPECT_EQ(choice(), 0u);
}

TEST_F(LogChoiceTest, one_of_three_is_not_enough) {
  answer(1, at(10, 3));
  EXPECT_EQ(choice(), 0u);
}

TEST_F(LogChoiceTest, the_higher_txid_of_one_epoch_is_better) {
  answer(1, at(10, 3));
  answer(2, at(11, 3));
  EXPECT_EQ(choice(), 2u);
}

TEST_F(LogChoiceTest, the_higher_epoch_is_better_than_any_txid) {
  answer(1, at(1000, 3));
  answer(2, at(11, 4));
  EXPECT_EQ(choice(), 2u);
}

TEST_F(LogChoiceTest, an_uncertain_answer_does_not_count_towards_the_majority) {
  answer(1, at(10, 3));
  answer(2, at(12, 3)).state.tail_certain = false;
  EXPECT_EQ(choice(), 0u);
  answer(3, at(9, 3));
  EXPECT_EQ(choice(), 1u) << "nor is its log the best";
}

TEST_F(LogChoiceTest, the_configuration_of_the_best_log_decides_who_is_the_majority) {
  answer(1, at(10, 3));
  answer(2, at(10, 3));
  EXPECT_EQ(choice(), 1u);
  answer(4, at(12, 4), {}, members({1, 2, 3, 4, 5}));
  EXPECT_EQ(choice(), 4u) << "three of five";
  answers_.erase(answers_.begin());
  EXPECT_EQ(choice(), 0u) << "two of five";
}

TEST_F(LogChoiceTest, a_configuration_that_only_a_worse_log_holds_does_not_count) {
  answer(1, at(10, 3), {}, members({1}));
  EXPECT_EQ(choice(), 1u);
  answer(2, at(11, 3));
  answer(3, at(11, 3));
  EXPECT_EQ(choice(), 2u);
}

TEST_F(LogChoiceTest, learners_do_not_make_a_majority) {
  const Configuration configuration = members({1, 2, 3}, {4, 5});
  answer(4, at(10, 3), {}, configuration);
  answer(5, at(10, 3), {}, configuration);
  answer(1, at(10, 3), {}, configuration);
  EXPECT_EQ(choice(), 0u);
  answer(2, at(9, 3), {}, configuration);
  EXPECT_EQ(choice(), 4u) << "but a learner's log may be the best";
}

TEST_F(LogChoiceTest, another_disk_at_a_members_address_does_not_count) {
  answer(1, at(10, 3));
  answer(2, at(10, 3)).state.disk = Uuid{2, 99};
  EXPECT_EQ(choice(), 0u);
}

TEST_F(LogChoiceTest, a_members_disk_at_another_address_does_not_count) {
  answer(1, at(10, 3));
  answer(2, at(10, 3)).address = "elsewhere:8485";
  EXPECT_EQ(choice(), 0u);
}

TEST_F(LogChoiceTest, one_member_that_answers_twice_counts_once) {
  answer(1, at(10, 3));
  answer(1, at(10, 3));
  EXPECT_EQ(choice(), 0u);
}

TEST_F(LogChoiceTest, an_answer_that_is_left_out_neither_leads_nor_counts) {
  answer(1, at(12, 3)).left_out = true;
  answer(2, at(10, 3));
  EXPECT_EQ(choice(), 0u);
  answer(3, at(11, 3));
  EXPECT_EQ(choice(), 3u);
}

TEST_F(LogChoiceTest, a_log_with_a_hole_is_not_continued_but_its_end_counts) {
  answer(1, at(11, 3)).state.holed = true;
  answer(2, at(11, 3));
  EXPECT_EQ(choice(), 2u) << "the same end can be had whole";
}

TEST_F(LogChoiceTest, an_end_behind_a_hole_that_nobody_else_has_is_waited_for) {
  answer(1, at(12, 3)).state.holed = true;
  answer(2, at(11, 3));
  EXPECT_EQ(choice(), 0u);
  answer(3, at(10, 3));
  EXPECT_EQ(choice(), 2u) << "the two others are a majority without it";
}

TEST_F(LogChoiceTest, the_highest_committed_of_all_answers_is_told) {
  answer(1, at(10, 3), at(4, 3));
  answer(2, at(10, 3), at(7, 3));
  answer(3, at(8, 2), at(8, 2)).state.tail_certain = false;
  auto chosen = choose_log(answers_);
  ASSERT_TRUE(chosen && *chosen);
  EXPECT_EQ((*chosen)->highest_committed, at(8, 2));
}

TEST_F(LogChoiceTest, a_log_that_ends_below_what_is_committed_is_damage) {
  for (const bool certain : {true, false}) {
    answers_.clear();
    answer(1, at(10, 3));
    answer(2, at(9, 3));
    auto& third = answer(3, at(11, 2), at(11, 2));
    third.state.tail_certain = certain;
    auto chosen = choose_log(answers_);
    ASSERT_FALSE(chosen);
    EXPECT_EQ(chosen.error().code(), ErrorCode::kDamaged);
    EXPECT_NE(chosen.error().text().find("txid 11"), std::string::npos) << chosen.error().text();
  }
}

TEST_F(LogChoiceTest, damage_is_not_told_before_a_majority_answered) {
  answer(1, at(11, 2), at(11, 2)).left_out = true;
  answer(2, at(10, 3));
  EXPECT_EQ(choice(), 0u) << "a better log may come";
}

TEST_F(LogChoiceTest, a_configuration_that_is_none_is_an_error_and_not_a_choice) {
  answer(1, at(10, 3)).state.configuration.bytes = "nonsense";
  answer(2, at(9, 3));
  EXPECT_FALSE(choose_log(answers_));
}

TEST_F(LogChoiceTest, the_order_of_the_answers_makes_no_difference) {
  answer(1, at(10, 3), at(2, 1));
  answer(2, at(12, 3), at(3, 1));
  answer(3, at(11, 4), at(1, 1));
  std::sort(answers_.begin(), answers_.end(), [](const auto& a, const auto& b) { return a.address < b.address; });
  do {
    EXPECT_EQ(choice(), 3u);
  } while (std::next_permutation(answers_.begin(), answers_.end(), [](const auto& a, const auto& b) { return a.address < b.address; }));
}

}  // namespace
}  // namespace varve
