#include "base/sim/sim_machine.h"

#include <gmock/gmock.h>

#include "base/bytes.h"
#include "tests/base/sim_hosts.h"

namespace varve {
namespace {

using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;

class SimMachineTest : public SimHosts {
 protected:
  ~SimMachineTest() noexcept override {}

  std::chrono::nanoseconds world_time_of(kj::Promise<void> promise) {
    auto begin = world_.clock().now();
    world_.wait(kj::mv(promise));
    return world_.clock().now() - begin;
  }
  bool never(kj::Promise<void> promise) {
    world_.run_for(hours(1));
    return !promise.poll(world_.scope());
  }
  void write_file(SimMachine& machine) {
    auto directory = *world_.wait(machine.disk().create_directory("/journal"));
    auto file = *world_.wait(directory->create("VERSION"));
  }

  SimMachine& a_ = world_.add_machine("a");
  SimMachine& b_ = world_.add_machine("b");
  kj::Own<Listener> listener_ = world_.wait(b_.network().listen("0.0.0.0:1"));
};

// --- Who is who ---

TEST_F(SimMachineTest, connects_under_its_own_name) {
  kj::Own<kj::AsyncIoStream> client = world_.wait(a_.network().connect("b:1"));
  kj::Own<kj::AsyncIoStream> own = world_.wait(b_.network().connect("localhost:1"));
  network_.cut("a", "b");
  EXPECT_TRUE(is_broken(*client));
  send(*own, "well");
}

TEST_F(SimMachineTest, may_listen_under_a_name_that_was_moved_to_it) {
  kj::Own<Listener> moved = world_.wait(b_.network().listen("journal.example:1"));
  kj::Own<kj::AsyncIoStream> client = world_.wait(a_.network().connect("journal.example:1"));
  network_.cut("a", "b");
  EXPECT_TRUE(is_broken(*client));
}

TEST_F(SimMachineTest, has_a_disk_of_its_own) {
  write_file(a_);
  EXPECT_THAT(a_.disk().list("/journal"), ElementsAre("VERSION"));
  EXPECT_FALSE(b_.disk().exists("/journal/VERSION"));
}

TEST_F(SimMachineTest, says_its_name_in_the_worlds_log) {
  a_.seams().log(LogLevel::kInfo, "ready");
  EXPECT_THAT(world_.log_lines(), ElementsAre("a: ready"));
}

// --- Clocks ---

TEST_F(SimMachineTest, has_a_clock_of_its_own_speed) {
  a_.clock().set_rate_ppm(100);
  b_.clock().set_rate_ppm(-100);
  auto a_began = a_.clock().now();
  auto b_began = b_.clock().now();
  world_.run_for(seconds(10'000));
  EXPECT_EQ(a_.clock().now() - a_began, seconds(10'001));
  EXPECT_EQ(b_.clock().now() - b_began, seconds(9'999));
}

TEST_F(SimMachineTest, has_timers_that_follow_its_clock) {
  for (std::int64_t ppm : {0, 1, 500, -500, 300'000, -300'000}) {
    a_.clock().set_rate_ppm(ppm);
    auto due = a_.clock().now() + seconds(1000);
    world_.wait(a_.clock().after(seconds(1000)));
    EXPECT_GE(a_.clock().now(), due) << ppm;
    EXPECT_LE(a_.clock().now(), due + microseconds(1)) << ppm;
  }
}

TEST_F(SimMachineTest, has_timers_that_follow_a_change_of_speed) {
  auto timer = a_.clock().after(seconds(100));
  a_.clock().set_rate_ppm(-500'000);
  EXPECT_EQ(world_time_of(kj::mv(timer)), seconds(200));
}

TEST_F(SimMachineTest, has_timers_that_all_fire_late) {
  auto timer = a_.clock().after(seconds(1));
  a_.clock().set_timers_late(seconds(5));
  EXPECT_EQ(world_time_of(kj::mv(timer)), seconds(6));
  EXPECT_EQ(world_time_of(b_.clock().after(seconds(1))), seconds(1));
}

TEST_F(SimMachineTest, has_a_wall_clock_that_jumps_alone) {
  auto now = a_.clock().now();
  a_.clock().jump_wall(-hours(1));
  EXPECT_EQ(b_.clock().wall_us() - a_.clock().wall_us(), 3'600'000'000u);
  EXPECT_EQ(a_.clock().now(), now);
}

TEST_F(SimMachineTest, has_a_monotonic_clock_that_says_nothing_elsewhere) {
  EXPECT_NE(a_.clock().now(), b_.clock().now());
}

// --- Power ---

class SimMachinePowerTest : public SimMachineTest {
 protected:
  SimMachinePowerTest() {
    pair_.client = world_.wait(a_.network().connect("b:1"));
    pair_.server = world_.wait(listener_->accept()).stream;
  }
  ~SimMachinePowerTest() noexcept override {}

  void replace_process_at_b() {
    pair_.server = nullptr;
    listener_ = nullptr;
  }

  Pair pair_;
};

TEST_F(SimMachinePowerTest, without_power_leaves_its_peers_with_half_open_connections) {
  network_.set_link("a", "b", {.window_bytes = 4});
  b_.power_off();
  replace_process_at_b();
  send(*pair_.client, "1234");  // into the socket's buffer
  auto writing = pair_.client->write("5", 1);
  EXPECT_TRUE(never(kj::mv(writing)));
  EXPECT_EQ(receive_within(hours(1), *pair_.client, 1), std::nullopt);
  EXPECT_TRUE(never(pair_.client->whenWriteDisconnected()));
  EXPECT_EQ(network_.counts().connections_half_open, 1u);
}

TEST_F(SimMachinePowerTest, without_power_has_sent_what_it_sent) {
  network_.set_delay({seconds(1), seconds(1)});
  send(*pair_.server, "last words");
  b_.power_off();
  replace_process_at_b();
  EXPECT_EQ(receive(*pair_.client, 10), "last words");
}

TEST_F(SimMachinePowerTest, without_power_stands_still_within) {
  b_.power_off();
  EXPECT_TRUE(never(pair_.server->write("x", 1)));
  send(*pair_.client, "x");
  EXPECT_TRUE(never(pair_.server->tryRead(&scratch_, 1, 1).ignoreResult()));
  EXPECT_TRUE(never(b_.network().connect("a:1").ignoreResult()));
  EXPECT_TRUE(never(b_.network().listen("b:2").ignoreResult()));
  EXPECT_TRUE(never(listener_->accept().ignoreResult()));
  EXPECT_TRUE(never(b_.disk().create_directory("/journal").ignoreResult()));
}

TEST_F(SimMachinePowerTest, with_power_again_tells_who_still_sends_to_it) {
  b_.power_off();
  replace_process_at_b();
  b_.power_on(world_.random());
  EXPECT_EQ(receive_within(hours(1), *pair_.client, 1), std::nullopt);  // who says nothing learns nothing
  send(*pair_.client, "are you there?");
  EXPECT_TRUE(is_broken(*pair_.client));
  EXPECT_THROW(send(*pair_.client, "x"), kj::Exception);
  EXPECT_EQ(network_.counts().connections_reset, 1u);
}

TEST_F(SimMachinePowerTest, with_power_again_tells_who_sent_to_it_in_vain) {
  b_.power_off();
  replace_process_at_b();
  send(*pair_.client, "are you there?");
  world_.run_for(seconds(1));
  b_.power_on(world_.random());
  EXPECT_TRUE(is_broken(*pair_.client));
}

TEST_F(SimMachinePowerTest, is_connected_to_once_power_is_back_and_somebody_listens) {
  b_.power_off();
  replace_process_at_b();
  auto connecting = a_.network().connect("b:1");
  world_.run_for(hours(1));
  EXPECT_FALSE(connecting.poll(world_.scope()));
  b_.power_on(world_.random());
  listener_ = world_.wait(b_.network().listen("b:1"));
  world_.wait(kj::mv(connecting));
}

TEST_F(SimMachinePowerTest, begins_no_connection_in_one_life_that_ends_in_the_next) {
  auto connecting = a_.network().connect("b:1");
  a_.power_off();
  a_.power_on(world_.random());
  EXPECT_TRUE(never(connecting.ignoreResult()));
}

TEST_F(SimMachinePowerTest, loses_what_was_not_synced) {
  write_file(b_);
  b_.power_off();
  CrashOutcome all_lost;
  all_lost.fates.assign(b_.disk().unsynced().size(), UnitFate::lost());
  b_.power_on(all_lost);
  EXPECT_FALSE(b_.disk().exists("/journal/VERSION"));
}

TEST_F(SimMachinePowerTest, goes_with_its_disk) {
  b_.disk().crash_before(1);
  EXPECT_TRUE(never(b_.disk().create_directory("/journal").ignoreResult()));
  EXPECT_TRUE(b_.is_off());
  EXPECT_EQ(network_.counts().connections_half_open, 1u);
  b_.power_on(world_.random());
  b_.disk().crash_before(b_.disk().operations() + 1);
  EXPECT_TRUE(never(b_.disk().create_directory("/journal").ignoreResult()));
  EXPECT_TRUE(b_.is_off());
}

TEST_F(SimMachinePowerTest, when_its_process_is_killed_shows_its_peers_the_end_at_once) {
  send(*pair_.server, "last words");
  write_file(b_);
  b_.kill_connections();
  auto begin = world_.clock().now();
  EXPECT_EQ(receive(*pair_.client, 20), "last words");
  EXPECT_THROW(send(*pair_.client, "x"), kj::Exception);
  EXPECT_THROW(world_.wait(a_.network().connect("b:1")), kj::Exception);
  EXPECT_EQ(world_.clock().now(), begin);
  replace_process_at_b();
  EXPECT_TRUE(b_.disk().exists("/journal/VERSION"));
  listener_ = world_.wait(b_.network().listen("b:1"));
  world_.wait(a_.network().connect("b:1"));
}

TEST_F(SimMachinePowerTest, when_its_process_is_killed_sends_nothing_any_more) {
  network_.set_link("b", "a", {.window_bytes = 4});
  auto writing = pair_.server->write("12345678", 8);
  b_.kill_connections();
  EXPECT_EQ(receive(*pair_.client, 8), "1234");
}

TEST_F(SimMachinePowerTest, when_its_process_is_killed_frees_its_address_for_the_next) {
  b_.kill_connections();
  kj::Own<Listener> next = world_.wait(b_.network().listen("b:1"));
  replace_process_at_b();  // late, and of no harm to the next
  kj::Own<kj::AsyncIoStream> client = world_.wait(a_.network().connect("b:1"));
  world_.wait(next->accept());
}

TEST_F(SimMachinePowerTest, may_end_the_world_without_power) {
  send(*pair_.client, "under way");
  a_.power_off();
  b_.power_off();
  EXPECT_TRUE(a_.is_off() && b_.is_off());  // and ~SimNetwork() holds that nothing is left
}

}  // namespace
}  // namespace varve
