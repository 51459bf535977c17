// How long and how wide simulated connections are.
#include "tests/base/sim_hosts.h"

namespace varve {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

class SimLinkTest : public SimHosts {
 protected:
  ~SimLinkTest() noexcept override {}

  const SimNetworkCounts& counts() { return network_.counts(); }
  kj::Promise<void> begin_write(std::string_view text) { return connection_.client->write(text.data(), text.size()); }

  kj::Own<Listener> listener_ = listen("b");
  Pair connection_ = connect("a", "b", *listener_);
};

TEST_F(SimLinkTest, a_write_waits_for_room_until_the_reader_reads) {
  network_.set_link("a", "b", {.window_bytes = 10});
  auto writing = begin_write("0123456789abcdefghij!");
  world_.run_for(hours(1));
  EXPECT_EQ(receive(*connection_.server, 10), "0123456789");
  EXPECT_FALSE(writing.poll(world_.scope()));
  EXPECT_EQ(receive(*connection_.server, 1), "a");
  EXPECT_TRUE(writing.poll(world_.scope()));
  EXPECT_EQ(receive(*connection_.server, 10), "bcdefghij!");
  EXPECT_EQ(counts().writes_waited, 1u);
}

TEST_F(SimLinkTest, a_window_has_a_bound_by_itself) {
  const std::string much(1 << 20, 'x');
  auto writing = begin_write(much);
  world_.run_for(hours(1));
  EXPECT_FALSE(writing.poll(world_.scope()));
  EXPECT_EQ(receive(*connection_.server, much.size()), much);
  world_.wait(kj::mv(writing));
}

TEST_F(SimLinkTest, a_read_makes_no_room_while_the_way_back_is_blocked) {
  network_.set_link("a", "b", {.window_bytes = 4});
  network_.block("b", "a");
  auto writing = begin_write("12345678");
  EXPECT_EQ(receive(*connection_.server, 4), "1234");
  EXPECT_EQ(receive_within(hours(1), *connection_.server, 4), std::nullopt);
  network_.heal("a", "b");
  EXPECT_EQ(receive(*connection_.server, 4), "5678");
  world_.wait(kj::mv(writing));
}

TEST_F(SimLinkTest, a_waiting_write_fails_when_the_connection_is_cut) {
  network_.set_link("a", "b", {.window_bytes = 4});
  auto writing = begin_write("12345678");
  network_.cut("a", "b");
  EXPECT_TRUE(is_disconnected(writing.then([] { return std::size_t{0}; })));
}

TEST_F(SimLinkTest, a_dropped_write_sends_no_more_than_fitted) {
  network_.set_link("a", "b", {.window_bytes = 4});
  { auto dropped = begin_write("12345678"); }
  EXPECT_EQ(receive(*connection_.server, 4), "1234");
  send(*connection_.client, "next");
  EXPECT_EQ(receive(*connection_.server, 4), "next");
}

TEST_F(SimLinkTest, what_is_sent_as_one_arrives_in_parts) {
  network_.set_link("a", "b", {.delay = {milliseconds(1), milliseconds(50)}, .split_percent = 90});
  std::string sent;
  for (unsigned i = 0; i < 100; ++i) sent += static_cast<char>('0' + i % 10);
  send(*connection_.client, sent);
  std::string part(100, '?');
  part.resize(world_.wait(connection_.server->tryRead(part.data(), 1, 100)));
  EXPECT_LT(part.size(), 100u);
  EXPECT_EQ(part + receive(*connection_.server, 100 - part.size()), sent);
  EXPECT_GT(counts().sends_split, 0u);
  EXPECT_EQ(counts().partial_reads, 1u);
}

TEST_F(SimLinkTest, connections_share_what_passes_in_a_second) {
  network_.set_link("a", "b", {.bytes_per_second = 1000});
  Pair other = connect("a", "b", *listener_);
  auto begin = world_.clock().now();
  send(*connection_.client, std::string(1000, 'x'));
  send(*other.client, std::string(1000, 'y'));
  receive(*connection_.server, 1000);
  EXPECT_EQ(world_.clock().now() - begin, seconds(1));
  receive(*other.server, 1000);
  EXPECT_EQ(world_.clock().now() - begin, seconds(2));
}

TEST_F(SimLinkTest, each_direction_has_a_delay_of_its_own) {
  network_.set_link("a", "b", {.delay = {milliseconds(70), milliseconds(70)}});
  network_.set_link("b", "a", {.delay = {milliseconds(5), milliseconds(5)}});
  auto begin = world_.clock().now();
  send(*connection_.server, "x");
  receive(*connection_.client, 1);
  EXPECT_EQ(world_.clock().now() - begin, milliseconds(5));
  send(*connection_.client, "x");
  receive(*connection_.server, 1);
  EXPECT_EQ(world_.clock().now() - begin, milliseconds(75));
}

TEST_F(SimLinkTest, a_host_reaches_itself_at_once) {
  network_.set_delay({seconds(1), seconds(1)});
  auto begin = world_.clock().now();
  Pair own = connect("b", "b", *listener_);
  send(*own.client, "x");
  receive(*own.server, 1);
  EXPECT_EQ(world_.clock().now(), begin);
}

}  // namespace
}  // namespace varve
