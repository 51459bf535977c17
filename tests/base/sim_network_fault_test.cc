// Faults between pairs of hosts.
#include "tests/base/sim_hosts.h"

namespace varve {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

class SimNetworkFaultTest : public SimHosts {
 protected:
  ~SimNetworkFaultTest() noexcept override {}

  const SimNetworkCounts& counts() { return network_.counts(); }

  kj::Own<Listener> at_b_ = listen("b");
  kj::Own<Listener> at_c_ = listen("c");
  Pair a_to_b_ = connect("a", "b", *at_b_);
};

TEST_F(SimNetworkFaultTest, a_cut_breaks_the_connections_of_its_pair_alone) {
  Pair a_to_c = connect("a", "c", *at_c_);
  network_.cut("b", "a");
  EXPECT_TRUE(is_broken(*a_to_b_.client));
  EXPECT_TRUE(is_broken(*a_to_b_.server));
  EXPECT_THROW(send(*a_to_b_.client, "x"), kj::Exception);
  send(*a_to_c.client, "still here");
  EXPECT_EQ(receive(*a_to_c.server, 10), "still here");
  EXPECT_EQ(counts().connections_cut, 1u);
}

TEST_F(SimNetworkFaultTest, a_cut_refuses_new_connections_until_healed) {
  network_.cut("a", "b");
  EXPECT_FALSE(can_connect("a", "b"));
  EXPECT_TRUE(can_connect("a", "c"));
  EXPECT_EQ(counts().connects_refused, 1u);
  network_.heal("a", "b");
  EXPECT_TRUE(can_connect("a", "b"));
}

TEST_F(SimNetworkFaultTest, a_block_holds_back_one_direction) {
  network_.block("a", "b");
  send(*a_to_b_.client, "there");
  send(*a_to_b_.server, "back");
  EXPECT_EQ(receive(*a_to_b_.client, 4), "back");
  EXPECT_EQ(receive_within(hours(1), *a_to_b_.server, 5), std::nullopt);
  EXPECT_EQ(counts().one_way_blocks_met, 1u);
  EXPECT_EQ(counts().sends_held, 1u);
}

TEST_F(SimNetworkFaultTest, a_block_both_ways_is_not_counted_as_one_way) {
  network_.partition({{"a"}, {"b"}});
  send(*a_to_b_.client, "there");
  EXPECT_EQ(receive_within(hours(1), *a_to_b_.server, 5), std::nullopt);
  EXPECT_EQ(counts().blocks_met, 1u);
  EXPECT_EQ(counts().one_way_blocks_met, 0u);
}

TEST_F(SimNetworkFaultTest, a_block_holds_back_what_is_under_way) {
  network_.set_link("a", "b", {.delay = {seconds(1), seconds(1)}});
  send(*a_to_b_.client, "hello");
  network_.block("a", "b");
  EXPECT_EQ(receive_within(hours(1), *a_to_b_.server, 5), std::nullopt);
}

TEST_F(SimNetworkFaultTest, a_healed_connection_delivers_late_and_in_order) {
  network_.set_delay({milliseconds(1), milliseconds(9)});
  network_.block("a", "b");
  send(*a_to_b_.client, "one ");
  world_.run_for(seconds(1));
  send(*a_to_b_.client, "two ");
  network_.heal("a", "b", SimHeal::kDeliver);
  send(*a_to_b_.client, "three");
  EXPECT_EQ(receive(*a_to_b_.server, 13), "one two three");
  EXPECT_EQ(counts().late_deliveries, 1u);  // the second was still on its way when all was well again
}

TEST_F(SimNetworkFaultTest, a_healed_connection_breaks_instead) {
  network_.block("a", "b");
  send(*a_to_b_.client, "lost");
  world_.run_for(seconds(1));
  network_.heal("a", "b", SimHeal::kBreak);
  EXPECT_TRUE(is_broken(*a_to_b_.server));
  EXPECT_TRUE(is_broken(*a_to_b_.client));
  EXPECT_EQ(counts().broken_by_healing, 1u);
}

TEST_F(SimNetworkFaultTest, a_connection_that_missed_nothing_survives_healing) {
  network_.block("a", "b");
  world_.run_for(seconds(1));
  network_.heal("a", "b", SimHeal::kBreak);
  send(*a_to_b_.client, "hello");
  EXPECT_EQ(receive(*a_to_b_.server, 5), "hello");
}

TEST_F(SimNetworkFaultTest, chance_decides_what_becomes_of_what_was_held) {
  for (unsigned i = 0; i < 100; ++i) {
    Pair pair = connect("a", "b", *at_b_);
    network_.block("a", "b");
    send(*pair.client, "x");
    world_.run_for(seconds(1));
    network_.heal("a", "b");
  }
  EXPECT_GT(counts().broken_by_healing, 20u);
  EXPECT_LT(counts().broken_by_healing, 80u);
}

TEST_F(SimNetworkFaultTest, a_connection_in_the_making_waits_for_both_ways) {
  for (auto [from, to] : {std::pair("a", "b"), std::pair("b", "a")}) {
    network_.block(from, to);
    auto connecting = network_.connect_from("a", "b:1");
    world_.run_for(hours(1));
    EXPECT_FALSE(connecting.poll(world_.scope()));
    network_.heal("a", "b");
    world_.wait(kj::mv(connecting));
  }
  EXPECT_EQ(counts().connects_held, 2u);
}

TEST_F(SimNetworkFaultTest, a_partition_parts_groups_and_not_their_members) {
  network_.partition({{"a"}, {"b", "c"}, {"d"}});
  EXPECT_FALSE(can_connect("a", "b"));
  EXPECT_FALSE(can_connect("a", "c"));
  EXPECT_FALSE(can_connect("d", "c"));
  EXPECT_TRUE(can_connect("c", "b"));
  network_.heal_all();
  EXPECT_TRUE(can_connect("a", "c"));
}

TEST_F(SimNetworkFaultTest, a_flapping_pair_fails_several_times_and_comes_back) {
  network_.flap("a", "b", {.down = milliseconds(10), .up = milliseconds(10), .times = 20});
  unsigned failed = 0;
  for (unsigned i = 0; i < 20; ++i) {
    auto connecting = network_.connect_from("a", "b:1").then([](auto&&) { return true; }, [](kj::Exception&&) { return false; });
    world_.run_for(milliseconds(5));
    if (!connecting.poll(world_.scope()) || !world_.wait(kj::mv(connecting))) ++failed;
    world_.run_for(milliseconds(15));
  }
  EXPECT_EQ(failed, 20u);
  EXPECT_GT(counts().connects_held, 0u);     // blocked
  EXPECT_GT(counts().connects_refused, 0u);  // cut
  world_.run_for(seconds(1));
  EXPECT_TRUE(can_connect("a", "b"));
}

TEST_F(SimNetworkFaultTest, a_dead_connections_bytes_arrive_after_a_younger_connections) {
  send(*a_to_b_.client, "old!");
  network_.stall("a", "b");
  a_to_b_.client = nullptr;
  Pair younger = connect("a", "b", *at_b_);
  send(*younger.client, "new!");
  EXPECT_EQ(receive(*younger.server, 4), "new!");
  EXPECT_EQ(receive_within(hours(1), *a_to_b_.server, 4), std::nullopt);
  network_.heal("a", "b", SimHeal::kDeliver);
  EXPECT_EQ(receive(*a_to_b_.server, 4), "old!");
  EXPECT_EQ(receive(*a_to_b_.server, 4), "");
  EXPECT_EQ(counts().overtaken, 2u);  // the bytes and the end
}

TEST_F(SimNetworkFaultTest, the_end_of_a_stream_is_not_seen_through_a_block) {
  network_.block("a", "b");
  a_to_b_.client = nullptr;
  EXPECT_EQ(receive_within(hours(1), *a_to_b_.server, 1), std::nullopt);
  send(*a_to_b_.server, "are you there?");
  network_.heal("a", "b", SimHeal::kDeliver);
  EXPECT_EQ(receive(*a_to_b_.server, 1), "");
  EXPECT_THROW(send(*a_to_b_.server, "x"), kj::Exception);
}

TEST_F(SimNetworkFaultTest, a_held_listener_connects_and_never_answers) {
  network_.hold_accepts("b:1");
  auto accepting = at_b_->accept();
  kj::Own<kj::AsyncIoStream> client = world_.wait(network_.connect_from("a", "b:1"));
  send(*client, "hello?");
  EXPECT_EQ(receive_within(hours(1), *client, 1), std::nullopt);
  EXPECT_FALSE(accepting.poll(world_.scope()));
  EXPECT_EQ(counts().accepts_held, 1u);
  network_.mend("b:1");
  EXPECT_EQ(receive(*world_.wait(kj::mv(accepting)).stream, 6), "hello?");
}

TEST_F(SimNetworkFaultTest, a_connection_nobody_ever_accepts_ends_with_its_listener) {
  network_.hold_accepts("c:1");
  kj::Own<kj::AsyncIoStream> client = world_.wait(network_.connect_from("a", "c:1"));
  at_c_ = nullptr;
  EXPECT_EQ(receive(*client, 1), "");
}

}  // namespace
}  // namespace varve
