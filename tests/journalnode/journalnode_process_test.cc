// The daemon as its users meet it: a process with arguments, signals, lines and an exit status.
#include <gmock/gmock.h>
#include <kj/io.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <csignal>
#include <filesystem>

#include "tests/journalnode/certificates.h"
#include "tests/process/child_process.h"
#include "tests/support/temp_directory.h"

namespace varve {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class JournalnodeTest : public ::testing::Test {
 protected:
  std::string data() const { return directory_.path("data"); }
  Launch launch(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), VARVE_JOURNALNODE);
    return {.command = std::move(arguments)};
  }
  // On ports that are free, with a small log.
  Launch working(std::vector<std::string> more = {}) const {
    std::vector<std::string> arguments = {
        "--dir", data(), "--listen", "127.0.0.1:0", "--http", "127.0.0.1:0", "--log-segment-bytes=1048576"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return launch(arguments);
  }
  static bool says(ChildProcess& daemon, const std::string& words) {
    return daemon.wait_until([&] { return daemon.output().find(words) != std::string::npos; });
  }

  static kj::AutoCloseFd connect_to(std::uint16_t port) {
    kj::AutoCloseFd connection(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(connection, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0) << errno;
    return connection;
  }

  TempDirectory directory_;
};

TEST_F(JournalnodeTest, starts_ready_reloads_and_stops_when_told) {
  for (const int number : {SIGTERM, SIGINT}) {
    ChildProcess daemon(working());
    ASSERT_TRUE(says(daemon, "ready: 0 journals, plain port ")) << daemon.output();
    daemon.signal(SIGHUP);
    EXPECT_TRUE(says(daemon, "nothing to reload")) << daemon.output();
    daemon.signal(number);
    EXPECT_EQ(daemon.wait(), 0) << daemon.output();
    EXPECT_THAT(daemon.output(), HasSubstr("info stopping"));
  }
}

TEST_F(JournalnodeTest, keeps_a_directory_to_itself) {
  ChildProcess first(working());
  ASSERT_TRUE(says(first, "ready: ")) << first.output();
  const Ran second = run(working());
  EXPECT_EQ(second.status, 1);
  EXPECT_THAT(second.output, HasSubstr(" error ")) << second.output;
  EXPECT_THAT(second.output, HasSubstr(data()));
}

TEST_F(JournalnodeTest, ends_with_status_two_and_one_line_for_wrong_usage) {
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
           {}, {"--dir"}, {"--dri", "x"}, {"--dir", data(), "--listen", "*:1"}, {"--config", data() + "/absent"}}) {
    const Ran ran = run(launch(arguments));
    EXPECT_EQ(ran.status, 2) << ran.output;
    EXPECT_THAT(ran.output, StartsWith("journalnode: "));
    EXPECT_EQ(ran.output.find('\n'), ran.output.size() - 1) << ran.output;
  }
  EXPECT_FALSE(std::filesystem::exists(data()));
}

TEST_F(JournalnodeTest, checks_a_configuration_without_touching_anything) {
  const Ran ran = run(working({"--check"}));
  EXPECT_EQ(ran.status, 0);
  EXPECT_EQ(ran.output, "the configuration is good\n");
  EXPECT_FALSE(std::filesystem::exists(data()));
}

TEST_F(JournalnodeTest, reads_its_certificates_before_it_touches_the_directory) {
  const Ran ran = run(working(
      {"--tls-certificate", "/absent.pem", "--tls-key", "/absent.key", "--tls-authorities", "/absent.pem", "--tls-writers", "rm1"}));
  EXPECT_EQ(ran.status, 1);
  EXPECT_THAT(ran.output, HasSubstr("reading /absent.pem: expected PEM, found No such file"));
  EXPECT_FALSE(std::filesystem::exists(data()));
}

TEST_F(JournalnodeTest, keeps_its_certificates_when_the_new_ones_are_wrong) {
  const testing::Certificates certificates;
  const TlsFiles files = certificates.files("j1");
  ChildProcess daemon(working(
      {"--tls-certificate", files.certificate, "--tls-key", files.key, "--tls-authorities", files.authorities, "--tls-writers", "rm1"}));
  ASSERT_TRUE(says(daemon, "ready: 0 journals, TLS port ")) << daemon.output();
  daemon.signal(SIGHUP);
  EXPECT_TRUE(says(daemon, "certificates are reloaded")) << daemon.output();
  certificates.shell("echo nonsense > j1.pem");
  daemon.signal(SIGHUP);
  EXPECT_TRUE(says(daemon, "certificates stay as they were: reading ")) << daemon.output();
}

TEST_F(JournalnodeTest, names_an_address_that_is_taken) {
  ChildProcess first(working());
  ASSERT_TRUE(says(first, "pages at port ")) << first.output();
  const std::string output = first.output();
  const std::string port = output.substr(output.find("pages at port ") + 14, 5);
  const Ran second = run(launch({"--dir", directory_.path("other"), "--listen", "127.0.0.1:0", "--http", "127.0.0.1:" + port}));
  EXPECT_EQ(second.status, 1);
  EXPECT_THAT(second.output, HasSubstr("serving the status page: ")) << second.output;
}

TEST_F(JournalnodeTest, outlives_that_it_has_no_descriptor_for_one_more_connection) {
  Launch few = working();
  std::string command = "ulimit -n 24; exec";
  for (const std::string& word : few.command) command += " " + word;
  ChildProcess daemon({.command = {"/bin/sh", "-c", command}});
  ASSERT_TRUE(says(daemon, "pages at port ")) << daemon.output();
  const std::string output = daemon.output();
  const auto port = static_cast<std::uint16_t>(std::stoul(output.substr(output.find("plain port ") + 11)));
  {
    std::vector<kj::AutoCloseFd> connections;
    for (int i = 0; i < 40; ++i) connections.push_back(connect_to(port));
    EXPECT_TRUE(says(daemon, "accepting a connection: ")) << daemon.output();
  }
  daemon.signal(SIGTERM);
  EXPECT_EQ(daemon.wait(), 0) << daemon.output();
}

}  // namespace
}  // namespace varve
