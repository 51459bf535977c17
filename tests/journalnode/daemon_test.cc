// The small pieces that make a process a daemon: signals, log, service manager.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <kj/async-io.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <thread>

#include "base/check.h"
#include "tests/support/temp_directory.h"
#include "tools/journalnode/daemon_signals.h"
#include "tools/journalnode/log_output.h"
#include "tools/journalnode/service_notifier.h"

namespace varve {
namespace {

using ::testing::EndsWith;

// In a process of its own, whose signals are nobody else's: exit status 0 when all was as it should be.
void live_through_signals() {
  DaemonSignals::capture();
  auto io = kj::setupAsyncIo();
  std::thread bystander([] { ::poll(nullptr, 0, 50); });  // would end the process if it took one
  const DaemonSignals signals(io.unixEventPort);
  for (const int number : {SIGTERM, SIGINT}) {
    auto stopping = signals.stop();
    if (stopping.poll(io.waitScope)) std::_Exit(1);
    ::kill(::getpid(), number);
    stopping.wait(io.waitScope);
  }
  for (int i = 0; i < 3; ++i) {
    ::kill(::getpid(), SIGHUP);  // before anybody asks
    signals.reload().wait(io.waitScope);
  }
  if (signals.stop().poll(io.waitScope)) std::_Exit(2);
  bystander.join();
  std::_Exit(0);
}

TEST(DaemonSignals, tell_of_each_signal_once_and_end_nothing) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(live_through_signals(), ::testing::ExitedWithCode(0), "");
}

TEST(LogLine, is_one_line_with_time_and_level) {
  EXPECT_EQ(log_line(LogLevel::kWarning, 1'709'251'199'123'456, "disk full"), "2024-02-29T23:59:59.123456Z warning disk full\n");
  EXPECT_EQ(log_line(LogLevel::kInfo, 0, "a\nb\x1b[31m"), "1970-01-01T00:00:00.000000Z info a?b?[31m\n");
  EXPECT_LT(log_line(LogLevel::kError, 0, std::string(1u << 20, 'x')).size(), 4100u);
}

TEST(LogOutput, writes_what_is_important_enough) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  const LogSink log = log_to(ends[1], LogLevel::kInfo, [] { return std::uint64_t{0}; });
  log(LogLevel::kDebug, "nothing");
  log(LogLevel::kError, "something");
  std::array<char, 100> bytes{};
  const ssize_t length = ::read(ends[0], bytes.data(), bytes.size());
  EXPECT_EQ(std::string(bytes.data(), static_cast<std::size_t>(length)), "1970-01-01T00:00:00.000000Z error something\n");
  for (const int end : ends) ::close(end);
}

class ServiceNotifierTest : public ::testing::Test {
 protected:
  // As the service manager: `name` as in NOTIFY_SOCKET.
  void listen(const std::string& name) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    name.copy(address.sun_path, sizeof(address.sun_path) - 1);
    if (name.front() == '@') address.sun_path[0] = '\0';
    socket_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    CHECK(::bind(socket_, reinterpret_cast<const sockaddr*>(&address), length) == 0, errno);
  }
  std::string heard() const {
    std::array<char, 1000> bytes{};
    const ssize_t length = ::recv(socket_, bytes.data(), bytes.size(), MSG_DONTWAIT);
    return length < 0 ? "nothing" : std::string(bytes.data(), static_cast<std::size_t>(length));
  }
  ~ServiceNotifierTest() override {
    if (socket_ >= 0) ::close(socket_);
  }

  TempDirectory directory_;
  int socket_ = -1;
};

TEST_F(ServiceNotifierTest, tells_the_service_manager_how_the_daemon_is) {
  for (const std::string& name : {directory_.path("notify"), "@varve-test-" + std::to_string(::getpid())}) {
    listen(name);
    const ServiceNotifier notifier(name);
    EXPECT_TRUE(notifier.ready("3 journals\nEXTEND_TIMEOUT_USEC=9"));
    EXPECT_EQ(heard(), "READY=1\nSTATUS=3 journals?EXTEND_TIMEOUT_USEC=9\n");
    EXPECT_TRUE(notifier.reloading(77));
    EXPECT_EQ(heard(), "RELOADING=1\nMONOTONIC_USEC=77\n");
    EXPECT_TRUE(notifier.stopping("draining"));
    EXPECT_EQ(heard(), "STOPPING=1\nSTATUS=draining\n");
    ::close(socket_);
    socket_ = -1;
  }
}

TEST_F(ServiceNotifierTest, goes_on_when_nobody_listens) {
  for (const std::string& name : {std::string(), std::string("@"), directory_.path("absent"), std::string(200, 'x')}) {
    EXPECT_FALSE(ServiceNotifier(name).ready("well")) << name;
  }
}

}  // namespace
}  // namespace varve
