#include "tools/journalnode/command_line.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "tests/support/temp_directory.h"
#include "tools/journalnode/config_keys.h"

namespace varve {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class CommandLineTest : public ::testing::Test {
 protected:
  static Result<Invocation> read(const std::vector<std::string>& arguments) { return read_command_line(arguments, "1.2.3"); }
  static std::string refused(const std::vector<std::string>& arguments) {
    const auto invocation = read(arguments);
    return invocation ? "taken" : invocation.error().text();
  }
  std::string write_file(const std::string& text) const {
    std::ofstream(directory_.path("node.toml")) << text;
    return directory_.path("node.toml");
  }

  TempDirectory directory_;
};

TEST_F(CommandLineTest, has_a_flag_for_every_key_and_help_tells_of_each) {
  const std::string help = read({"--help"}).value().print;
  for (const ConfigKey& key : config_keys()) {
    EXPECT_THAT(help, HasSubstr(flag_of(key) + " (")) << key.name;
    EXPECT_THAT(help, HasSubstr(expected_of(key))) << key.name;
  }
}

TEST_F(CommandLineTest, gives_the_version) {
  EXPECT_EQ(read({"--version"}).value().print, "journalnode 1.2.3\n");
}

TEST_F(CommandLineTest, wins_over_the_file) {
  const std::string file = write_file("dir = '/a'\nname = 'one'\n[log]\nmark_delay_ms = 20\ndirect_io = true\n");
  const auto read_both = read({"--config", file, "--name", "two", "--log-direct-io=false", "--tls-allow-insecure", "--listen", "*:1"});
  ASSERT_TRUE(read_both) << read_both.error().text();
  EXPECT_EQ(read_both->config.directory, "/a");
  EXPECT_EQ(read_both->config.name, "two");
  EXPECT_EQ(read_both->config.mark_delay_ms, 20u);
  EXPECT_FALSE(read_both->config.direct_io);
  EXPECT_TRUE(read_both->config.allow_insecure);
}

TEST_F(CommandLineTest, takes_lists_by_commas_and_by_repetition) {
  const auto config = read({"--dir", "d", "--tls-certificate", "c", "--tls-key", "k", "--tls-authorities", "a", "--tls-writers", "w1,w2",
                            "--tls-writers", "w3", "--listen", "0.0.0.0:1"});
  ASSERT_TRUE(config) << config.error().text();
  EXPECT_THAT(config->config.tls_writers, ElementsAre("w1", "w2", "w3"));
}

TEST_F(CommandLineTest, names_the_flag_that_has_a_wrong_value) {
  EXPECT_EQ(refused({"--dir", "d", "--scrub-interval-h", "0"}),
            "--scrub-interval-h: expected a whole number from 1 to 8760, found the number 0");
  for (const char* number : {"", "x", "1x", " 1", "0x10", "99999999999999999999"}) {
    EXPECT_THAT(refused({"--dir", "d", "--scrub-interval-h", number}), StartsWith("--scrub-interval-h: expected a whole number")) << number;
  }
  EXPECT_THAT(refused({"--dir", "d", "--listen", "here"}), StartsWith("--listen: expected host:port, found 'here'"));
  EXPECT_THAT(refused({"--dir", ""}), StartsWith("--dir: expected a path"));
  EXPECT_THAT(refused({"--dir", "d", "--log-direct-io=perhaps"}), StartsWith("--log-direct-io: expected true or false"));
}

TEST_F(CommandLineTest, names_the_nearest_flag_of_an_unknown_one) {
  EXPECT_EQ(refused({"--lisen", "x:1"}), "unknown flag '--lisen'; the nearest known is --listen");
  EXPECT_EQ(refused({"--log-segment-byte=5"}), "unknown flag '--log-segment-byte=5'; the nearest known is --log-segment-bytes");
  EXPECT_THAT(refused({"start"}), HasSubstr("expected a flag, found 'start'"));
  EXPECT_NE(refused({"--dir"}), "taken");
}

TEST_F(CommandLineTest, asks_for_a_directory) {
  EXPECT_THAT(refused({}), StartsWith("dir (not set): expected the directory"));
}

TEST_F(CommandLineTest, does_not_serve_other_machines_without_tls_unless_asked_to) {
  EXPECT_THAT(refused({"--dir", "d", "--listen", "0.0.0.0:8485"}), StartsWith("--listen: expected a loopback address"));
  EXPECT_THAT(refused({"--dir", "d", "--http", "*:8480"}), StartsWith("--http: expected a loopback address"));
  const std::string file = write_file("dir = 'd'\n\nlisten = 'host.example.com:1'\n");
  EXPECT_THAT(refused({"--config", file}), StartsWith(file + ":3: listen: expected a loopback address"));
  EXPECT_EQ(refused({"--config", file, "--tls-allow-insecure"}), "taken");
  EXPECT_EQ(refused({"--dir", "d", "--http", ""}), "taken");
}

TEST_F(CommandLineTest, takes_tls_whole_or_not_at_all) {
  const std::string file = write_file("dir = 'd'\n[tls]\ncertificate = 'c'\nkey = 'k'\n");
  EXPECT_THAT(refused({"--config", file}), StartsWith("tls.authorities (not set): expected a file"));
  EXPECT_THAT(refused({"--config", file, "--tls-authorities", "a"}), StartsWith("tls.writers (not set): expected a name"));
  EXPECT_EQ(refused({"--config", file, "--tls-authorities", "a", "--tls-admins", "boss"}), "taken");
  EXPECT_THAT(refused({"--dir", "d", "--tls-writers", "w"}), StartsWith("tls.certificate (not set): expected a file"));
}

TEST_F(CommandLineTest, writes_nothing) {
  const std::string data = directory_.path("data");
  const std::string file = write_file("dir = '" + data + "'\n[log]\nsegment_bytes = 1\n");
  EXPECT_NE(refused({"--config", file}), "taken");
  EXPECT_EQ(refused({"--dir", data, "--check"}), "taken");
  EXPECT_TRUE(read({"--dir", data, "--check"}).value().check);
  EXPECT_FALSE(std::filesystem::exists(data));
}

}  // namespace
}  // namespace varve
