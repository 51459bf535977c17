#include "journal/frame_window.h"

#include <gtest/gtest.h>

#include "tests/editlog/frame_source.h"

namespace varve {
namespace {

class FrameWindowTest : public ::testing::Test {
 protected:
  void SetUp() override {
    add(source_.segment_start());   // txid 1
    add(source_.data({100, 100}));  // 2, 3
    add(source_.epoch_start());     // 4
    add(source_.data({900}));       // 5
    add(source_.data({10, 10}));    // 6, 7
  }
  void add(FramePtr frame) {
    frames_.push_back(frame);
    window_.add(std::move(frame));
  }
  LogPosition position(std::size_t frame) const { return frames_[frame]->header().position(); }
  std::vector<TxId> behind(const LogPosition& from, TxId upto, std::uint64_t bytes_max = 1u << 20) const {
    std::vector<TxId> lasts;
    for (const FramePtr& frame : window_.behind(from, upto, bytes_max)) lasts.push_back(frame->header().last());
    return lasts;
  }

  FrameSource source_;
  std::vector<FramePtr> frames_;
  FrameWindow window_{LogPosition{}};
};

TEST_F(FrameWindowTest, an_empty_window_ends_where_it_begins) {
  const LogPosition base{TxId{9}, Epoch{2}, Digest{1, 2}};
  const FrameWindow window(base);
  EXPECT_EQ(window.end(), base);
  EXPECT_TRUE(window.holds(base));
  EXPECT_EQ(window.bytes(), 0u);
  EXPECT_EQ(window.at_or_below(TxId{100}), base);
  EXPECT_EQ(window.at_or_below(TxId{8}), std::nullopt);
  EXPECT_EQ(window.last_of(Epoch{2}), base);
  EXPECT_TRUE(window.behind(base, TxId{100}, 1).empty());
}

TEST_F(FrameWindowTest, holds_the_ends_of_its_frames_and_nothing_else) {
  EXPECT_TRUE(window_.holds(LogPosition{}));
  for (std::size_t i = 0; i < frames_.size(); ++i) EXPECT_TRUE(window_.holds(position(i))) << i;
  LogPosition other = position(2);
  ++other.digest.low;
  EXPECT_FALSE(window_.holds(other));
  EXPECT_FALSE(window_.holds({TxId{2}, Epoch{1}, position(1).digest})) << "inside a frame";
  EXPECT_FALSE(window_.holds({TxId{8}, Epoch{2}, position(4).digest})) << "above the end";
}

TEST_F(FrameWindowTest, the_epoch_of_a_position_is_not_looked_at) {
  LogPosition position_of_another_epoch = position(1);
  position_of_another_epoch.epoch = Epoch{77};
  EXPECT_TRUE(window_.holds(position_of_another_epoch));
}

TEST_F(FrameWindowTest, at_or_below_gives_the_frame_that_ends_there_or_the_one_before) {
  EXPECT_EQ(window_.at_or_below(TxId{0}), LogPosition{});
  EXPECT_EQ(window_.at_or_below(TxId{2}), position(0));
  EXPECT_EQ(window_.at_or_below(TxId{3}), position(1));
  EXPECT_EQ(window_.at_or_below(TxId{~std::uint64_t{0}}), position(4));
}

TEST_F(FrameWindowTest, last_of_an_epoch_is_its_last_frame) {
  EXPECT_EQ(window_.last_of(Epoch{1}), position(1));
  EXPECT_EQ(window_.last_of(Epoch{2}), position(4));
  EXPECT_EQ(window_.last_of(Epoch{3}), std::nullopt);
  EXPECT_EQ(window_.last_of(Epoch{0}), LogPosition{});
}

TEST_F(FrameWindowTest, behind_stops_at_the_txid_and_at_the_bytes_but_gives_at_least_one) {
  EXPECT_EQ(behind(LogPosition{}, TxId{7}), (std::vector{TxId{1}, TxId{3}, TxId{4}, TxId{5}, TxId{7}}));
  EXPECT_EQ(behind(position(1), TxId{6}), (std::vector{TxId{4}, TxId{5}})) << "no frame that ends above";
  EXPECT_EQ(behind(position(2), TxId{7}, 1), (std::vector{TxId{5}}));
  EXPECT_EQ(behind(position(2), TxId{7}, frames_[3]->bytes().size() + frames_[4]->bytes().size()), (std::vector{TxId{5}, TxId{7}}));
  EXPECT_EQ(behind(position(2), TxId{7}, frames_[3]->bytes().size() + frames_[4]->bytes().size() - 1), (std::vector{TxId{5}}));
  EXPECT_TRUE(behind(position(4), TxId{100}).empty());
}

TEST_F(FrameWindowTest, shrinks_from_the_front_only_as_far_as_allowed) {
  const std::uint64_t all = window_.bytes();
  window_.shrink(TxId{7}, all);
  EXPECT_EQ(window_.base(), LogPosition{}) << "it fits";
  window_.shrink(TxId{3}, 0);
  EXPECT_EQ(window_.base(), position(1)) << "nothing that is not committed goes";
  EXPECT_EQ(window_.bytes(), all - frames_[0]->bytes().size() - frames_[1]->bytes().size());
  EXPECT_FALSE(window_.holds(position(0)));
  EXPECT_TRUE(window_.holds(position(1)));
  EXPECT_EQ(window_.last_of(Epoch{1}), position(1));
  window_.shrink(TxId{7}, 0);
  EXPECT_EQ(window_.base(), window_.end());
  EXPECT_EQ(window_.bytes(), 0u);
}

TEST_F(FrameWindowTest, a_frame_that_does_not_continue_it_is_a_bug) {
  FrameSource other;
  const FramePtr stranger = other.segment_start();
  EXPECT_DEATH(window_.add(stranger), "");
}

}  // namespace
}  // namespace varve
