#include "base/real/real_seams.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <thread>

#include "base/task.h"

namespace varve {
namespace {

TEST(RealClock, waits_at_least_as_long_as_asked) {
  RealSeams real;
  Clock& clock = real.seams().clock;
  auto begin = clock.now();
  real.mailbox().run_until(clock.after(std::chrono::milliseconds(5)));
  EXPECT_GE(clock.now() - begin, std::chrono::milliseconds(5));
  real.mailbox().run_until(clock.after(std::chrono::nanoseconds(-1)));
  EXPECT_GT(clock.wall_us(), 1'700'000'000'000'000u);
}

Task<int> wait_in_slices(Clock& clock, const bool& told) {
  int slices = 0;
  for (; !told && slices < 1'000'000; ++slices) co_await clock.after(std::chrono::nanoseconds(0));
  co_return slices;
}

TEST(RealClock, lets_what_other_threads_post_have_its_turn_between_two_slices_of_work) {
  RealSeams real;
  bool told = false;
  kj::Promise<int> slices = wait_in_slices(real.seams().clock, told);
  std::thread poster([&] { real.mailbox().post([&] { told = true; }); });
  real.mailbox().run_until(slices.then([](int done) { EXPECT_LT(done, 1'000'000); }));
  poster.join();
}

TEST(RealRandom, does_not_repeat_itself) {
  RealSeams real;
  Random& random = real.seams().random;
  EXPECT_NE(random.next(), random.next());
  EXPECT_NE(random.uuid(), random.uuid());
}

TEST(RealWorkers, run_beside_the_loop) {
  RealSeams real({.worker_threads = 2});
  Workers& workers = real.seams().workers;
  EXPECT_EQ(workers.count(), 2u);
  bool ran = false;
  real.mailbox().run_until(workers.run([&] { ran = true; }));
  EXPECT_TRUE(ran);
}

TEST(RealSeams, have_a_log_that_may_always_be_called) {
  RealSeams silent;
  silent.seams().log(LogLevel::kInfo, "nobody listens");
}

TEST(RealSeams, take_a_log) {
  std::string line;
  RealSeams real({.log = [&](LogLevel, std::string_view text) { line = text; }});
  real.seams().log(LogLevel::kInfo, "hello");
  EXPECT_EQ(line, "hello");
}

Task<std::string> say_hello(Network& network) {
  kj::Own<Listener> listener = co_await network.listen("127.0.0.1:0");
  auto accepting = listener->accept();
  kj::Own<kj::AsyncIoStream> client = co_await network.connect("127.0.0.1:" + std::to_string(listener->port()));
  Accepted accepted = co_await kj::mv(accepting);
  kj::Own<kj::AsyncIoStream> server = kj::mv(accepted.stream);
  co_await client->write("hello", 5);
  std::string got(5, '?');
  co_await server->read(got.data(), got.size());
  co_return got;
}

TEST(RealNetwork, connects_to_a_listener) {
  RealSeams real;
  EXPECT_EQ(real.mailbox().run_until(kj::Promise<std::string>(say_hello(real.seams().network))), "hello");
}

bool is_kept_alive(kj::AsyncIoStream& stream) {
  int on = 0;
  kj::uint length = sizeof(on);
  stream.getsockopt(SOL_SOCKET, SO_KEEPALIVE, &on, &length);
  return on != 0;
}

Task<std::pair<bool, bool>> both_ends_are_kept_alive(Network& network) {
  kj::Own<Listener> listener = co_await network.listen("127.0.0.1:0");
  auto accepting = listener->accept();
  kj::Own<kj::AsyncIoStream> client = co_await network.connect("127.0.0.1:" + std::to_string(listener->port()));
  Accepted accepted = co_await kj::mv(accepting);
  co_return std::pair(is_kept_alive(*client), is_kept_alive(*accepted.stream));
}

TEST(RealNetwork, asks_idle_peers_whether_they_are_there) {
  RealSeams real;
  const auto [client, server] =
      real.mailbox().run_until(kj::Promise<std::pair<bool, bool>>(both_ends_are_kept_alive(real.seams().network)));
  EXPECT_TRUE(client);
  EXPECT_TRUE(server);
}

TEST(RealNetwork, fails_with_disconnected_and_the_cause) {
  RealSeams real;
  for (const char* address : {"127.0.0.1:1", "not an address"}) {
    try {
      real.mailbox().run_until(real.seams().network.connect(address));
      FAIL();
    } catch (const kj::Exception& error) {
      EXPECT_EQ(error.getType(), kj::Exception::Type::DISCONNECTED);
      EXPECT_GT(error.getDescription().size(), 0u);
    }
  }
}

}  // namespace
}  // namespace varve
