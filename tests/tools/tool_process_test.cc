// The `varve` tool as its users meet it: a process with arguments, an exit status, and lines.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <fstream>

#include "base/check.h"
#include "tests/support/temp_directory.h"
#include "tests/tools/night_log.h"
#include "tools/view_options.h"
#include "varve/engine.h"

namespace varve {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using varve::testing::make_full_night;
using varve::testing::NightLog;
using varve::testing::read_file;

struct Ended {
  int exit_status = 0;
  std::string out;
  std::string problems;
};

class ToolProcessTest : public ::testing::Test {
 protected:
  std::string path(const std::string& name) const { return directory_.path(name); }

  // Runs `varve` with these arguments, as a shell would read them.
  Ended run(const std::string& arguments) const {
    const std::string command =
        std::string("'") + VARVE_TOOL + "' " + arguments + " >'" + path("out") + "' 2>'" + path("problems") + "' </dev/null";
    const int status = std::system(command.c_str());
    CHECK(WIFEXITED(status), status);
    return {WEXITSTATUS(status), read_file(path("out")), read_file(path("problems"))};
  }

  // A data directory as a real engine leaves it.
  std::string write_nights(unsigned count) {
    const std::string data = path("data");
    std::filesystem::create_directory(data);
    NightLog nights;
    Options options{.journal = "file://" + data + "/journal",
                    .segment_bytes_max = 64u << 10,
                    .segment_transactions_max = 10,
                    .disk_reserve_bytes = 64u << 10};
    auto engine = Engine::open(options, nights);
    CHECK(engine.has_value(), engine.error().text());
    const auto night = make_full_night();
    for (unsigned i = 0; i < count; ++i) CHECK((*engine)->submit(night.bytes()).get().has_value());
    CHECK((*engine)->checkpoint().has_value());
    CHECK((*engine)->close().has_value());
    return data;
  }

  static void expect_one_line(const Ended& ended) {
    EXPECT_THAT(ended.problems, StartsWith("varve: "));
    EXPECT_EQ(ended.problems.find('\n'), ended.problems.size() - 1) << ended.problems;
  }

  TempDirectory directory_;
};

TEST_F(ToolProcessTest, looks_at_what_an_engine_left) {
  const std::string data = write_nights(25);
  for (const std::string what : {"log cat", "log stat", "log verify", "image cat", "image stat", "image verify"}) {
    for (const std::string flag : {" ", " --json "}) {
      const Ended ended = run(what + flag + data);
      EXPECT_EQ(ended.exit_status, kExitFine) << what << flag << ended.problems;
      EXPECT_EQ(ended.problems, "") << what << flag;
      EXPECT_NE(ended.out, "") << what << flag;
    }
  }
}

TEST_F(ToolProcessTest, wrong_usage_is_status_two_and_one_line) {
  for (const std::string arguments : {"", "log", "log cat", "log dance x", "log cat --blue x", "log cat --from x y", "log cat --from -1 y",
                                      "log cat --to 99999999999999999999 y", "log cat --from 0x10 y", "log cat --from 3 --to 2 .", "image",
                                      "image stat", "--blue", "dance"}) {
    const Ended ended = run(arguments);
    EXPECT_EQ(ended.exit_status, kExitUsage) << arguments;
    EXPECT_EQ(ended.out, "") << arguments;
    expect_one_line(ended);
  }
}

TEST_F(ToolProcessTest, what_is_not_there_is_status_one_and_one_line) {
  std::ofstream(path("poem")) << "tyger tyger";
  std::filesystem::create_directory(path("empty"));
  for (const std::string group : {"log ", "image "}) {
    for (const std::string what : {"cat ", "stat ", "verify "}) {
      for (const std::string name : {"absent", "absent/deeper", "poem", "poem/", "poem/deeper", "empty", "empty/"}) {
        const Ended ended = run(group + what + path(name));
        EXPECT_EQ(ended.exit_status, kExitFailed) << group << what << name;
        expect_one_line(ended);
      }
    }
  }
}

TEST_F(ToolProcessTest, help_and_version_are_fine) {
  EXPECT_EQ(run("--version").exit_status, kExitFine);
  EXPECT_THAT(run("--version").out, StartsWith("varve 0."));
  for (const std::string arguments : {"--help", "log --help", "log cat --help", "image verify --help"}) {
    const Ended ended = run(arguments);
    EXPECT_EQ(ended.exit_status, kExitFine) << arguments;
    EXPECT_THAT(ended.out, HasSubstr("varve"));
    EXPECT_EQ(ended.problems, "");
  }
}

TEST_F(ToolProcessTest, damage_is_status_one) {
  const std::string data = write_nights(25);
  std::string segment;
  for (const auto& entry : std::filesystem::directory_iterator(data + "/journal")) {
    if (entry.path().filename().string().starts_with("edits_0")) segment = entry.path();
  }
  {
    std::fstream file(segment, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(4096 + 700);
    file.put('\x55');
  }
  for (const std::string what : {"log cat ", "log verify "}) {
    const Ended ended = run(what + data);
    EXPECT_EQ(ended.exit_status, kExitFailed) << what;
    EXPECT_THAT(ended.problems, HasSubstr(segment));
  }
}

TEST_F(ToolProcessTest, ends_quietly_when_nobody_reads_any_more) {
  const std::string data = write_nights(500);  // much more than a pipe holds
  const std::string command = std::string("bash -c 'set -o pipefail; \"") + VARVE_TOOL + "\" log cat " + data + " 2>" + path("problems") +
                              " | head -n 1 >/dev/null'";
  EXPECT_EQ(WEXITSTATUS(std::system(command.c_str())), kExitFine);
  EXPECT_EQ(read_file(path("problems")), "");
}

TEST_F(ToolProcessTest, a_full_disk_under_its_output_is_status_one) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "there is no /dev/full";
  const std::string data = write_nights(5);
  const std::string command = std::string("'") + VARVE_TOOL + "' log cat " + data + " >/dev/full 2>'" + path("problems") + "'";
  EXPECT_EQ(WEXITSTATUS(std::system(command.c_str())), kExitFailed);
  EXPECT_THAT(read_file(path("problems")), HasSubstr("standard output"));
}

TEST_F(ToolProcessTest, a_closed_standard_output_is_status_one_and_no_file_takes_its_place) {
  const std::string data = write_nights(5);
  const std::string command = std::string("'") + VARVE_TOOL + "' log cat " + data + " >&- 2>'" + path("problems") + "'";
  EXPECT_EQ(WEXITSTATUS(std::system(command.c_str())), kExitFailed);
  EXPECT_THAT(read_file(path("problems")), HasSubstr("standard output: Bad file descriptor"));
}

TEST_F(ToolProcessTest, touches_nothing) {
  const std::string data = write_nights(5);
  std::filesystem::file_time_type latest{};
  for (const auto& entry : std::filesystem::recursive_directory_iterator(data)) latest = std::max(latest, entry.last_write_time());
  for (const std::string what : {"log cat ", "log stat ", "log verify ", "image cat ", "image stat ", "image verify "}) run(what + data);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(data)) EXPECT_LE(entry.last_write_time(), latest) << entry.path();
}

}  // namespace
}  // namespace varve
