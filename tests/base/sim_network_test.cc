#include "base/sim/sim_network.h"

#include <gtest/gtest.h>

#include "base/sim/sim_world.h"

namespace varve {
namespace {

class SimNetworkTest : public testing::Test {
 protected:
  ~SimNetworkTest() noexcept override {}

  void connect() {
    listener_ = world_.wait(network_.listen("node1:8485"));
    client_ = world_.wait(network_.connect("node1:8485"));
    server_ = world_.wait(listener_->accept()).stream;
  }
  void send(kj::AsyncIoStream& stream, std::string_view text) { world_.wait(stream.write(text.data(), text.size())); }
  std::string receive(kj::AsyncIoStream& stream, std::size_t bytes) {
    std::string text(bytes, '?');
    text.resize(world_.wait(stream.tryRead(text.data(), bytes, bytes)));
    return text;
  }

  SimWorld world_;
  SimNetwork& network_ = world_.network();
  kj::Own<Listener> listener_;
  kj::Own<kj::AsyncIoStream> client_;
  kj::Own<kj::AsyncIoStream> server_;
};

TEST_F(SimNetworkTest, carries_bytes_both_ways) {
  connect();
  send(*client_, "hello");
  EXPECT_EQ(receive(*server_, 5), "hello");
  send(*server_, "world");
  EXPECT_EQ(receive(*client_, 2), "wo");
  EXPECT_EQ(receive(*client_, 3), "rld");
}

TEST_F(SimNetworkTest, delays_but_never_reorders_within_a_connection) {
  network_.set_delay({std::chrono::milliseconds(1), std::chrono::milliseconds(50)});
  connect();
  std::string sent;
  for (char letter = 'a'; letter <= 'z'; ++letter) {
    send(*client_, std::string(1, letter));
    sent += letter;
  }
  auto begin = world_.clock().now();
  EXPECT_EQ(receive(*server_, 26), sent);
  EXPECT_GE(world_.clock().now() - begin, std::chrono::milliseconds(1));
  EXPECT_LE(world_.clock().now() - begin, std::chrono::milliseconds(50));
}

TEST_F(SimNetworkTest, refuses_where_nobody_listens) {
  EXPECT_THROW(world_.wait(network_.connect("node2:1")), kj::Exception);
  connect();
  listener_ = nullptr;
  EXPECT_THROW(world_.wait(network_.connect("node1:8485")), kj::Exception);
}

TEST_F(SimNetworkTest, ends_when_the_other_side_shuts_down_or_goes) {
  connect();
  send(*client_, "bye");
  client_->shutdownWrite();
  EXPECT_EQ(receive(*server_, 10), "bye");
  EXPECT_EQ(receive(*server_, 10), "");
  server_ = nullptr;
  EXPECT_EQ(receive(*client_, 10), "");
  EXPECT_THROW(send(*client_, "anybody?"), kj::Exception);
}

TEST_F(SimNetworkTest, breaks_when_cut_and_comes_back_when_mended) {
  connect();
  std::array<char, 8> buffer;
  auto reading = server_->tryRead(buffer.data(), 1, 8);
  network_.cut("node1:8485");
  EXPECT_THROW(world_.wait(kj::mv(reading)), kj::Exception);
  EXPECT_THROW(send(*client_, "x"), kj::Exception);
  world_.wait(client_->whenWriteDisconnected());
  EXPECT_THROW(world_.wait(network_.connect("node1:8485")), kj::Exception);
  network_.mend("node1:8485");
  world_.wait(network_.connect("node1:8485"));
}

TEST_F(SimNetworkTest, swallows_silently_when_blocked) {
  connect();
  network_.block("node1:8485");
  send(*client_, "lost");
  std::array<char, 8> buffer;
  auto reading = server_->tryRead(buffer.data(), 1, 8);
  world_.run_for(std::chrono::hours(1));
  EXPECT_FALSE(reading.poll(world_.scope()));
  auto connecting = network_.connect("node1:8485");
  world_.run_for(std::chrono::hours(1));
  EXPECT_FALSE(connecting.poll(world_.scope()));
}

TEST_F(SimNetworkTest, delivers_late_or_breaks_when_a_block_is_mended) {
  connect();
  network_.block("node1:8485");
  send(*client_, "late");
  world_.run_for(std::chrono::hours(1));
  network_.mend("node1:8485", SimHeal::kDeliver);
  EXPECT_EQ(receive(*server_, 4), "late");
  network_.block("node1:8485");
  send(*client_, "lost");
  world_.run_for(std::chrono::hours(1));
  network_.mend("node1:8485", SimHeal::kBreak);
  EXPECT_THROW(receive(*server_, 4), kj::Exception);
}

TEST_F(SimNetworkTest, forgets_a_read_that_is_dropped) {
  connect();
  std::array<char, 8> buffer;
  { auto dropped = server_->tryRead(buffer.data(), 1, 8); }
  send(*client_, "hello");
  EXPECT_EQ(receive(*server_, 5), "hello");
}

}  // namespace
}  // namespace varve
