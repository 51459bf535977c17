// `varve journal` as its users meet it: arguments that are wrong, and nobody there.
#include <gmock/gmock.h>
#include <sys/wait.h>

#include <fstream>
#include <sstream>

#include "base/check.h"
#include "tests/support/temp_directory.h"
#include "tools/view_options.h"

namespace varve {
namespace {

using ::testing::StartsWith;

class JournalProcessTest : public ::testing::Test {
 protected:
  struct Ended {
    int exit_status = 0;
    std::string out;
    std::string problems;
  };

  std::string text_of(const std::string& name) const {
    std::ostringstream text;
    text << std::ifstream(directory_.path(name)).rdbuf();
    return text.str();
  }
  Ended run(const std::string& arguments) const {
    const std::string command = std::string("'") + VARVE_TOOL + "' journal " + arguments + " >'" + directory_.path("out") + "' 2>'" +
                                directory_.path("problems") + "' </dev/null";
    const int status = std::system(command.c_str());
    CHECK(WIFEXITED(status), status);
    return {WEXITSTATUS(status), text_of("out"), text_of("problems")};
  }
  void expect(int exit_status, const std::string& arguments) const {
    const Ended ended = run(arguments);
    EXPECT_EQ(ended.exit_status, exit_status) << arguments << "\n" << ended.problems;
    EXPECT_THAT(ended.problems, StartsWith("varve: ")) << arguments;
    EXPECT_EQ(ended.problems.find('\n'), ended.problems.size() - 1) << arguments << "\n" << ended.problems;
  }

  TempDirectory directory_;
};

TEST_F(JournalProcessTest, wrong_usage_is_status_two_and_one_line) {
  const std::string well = "quorum://127.0.0.1:1/rm";
  const std::vector<std::string> wrong = {"",
                                          "dance",
                                          "status --blue " + well,
                                          "status " + well + " more",
                                          "follow --from -1 " + well,
                                          "follow --from x " + well,
                                          "follow --to 0x3 " + well,
                                          "follow --from 5 --to 4 " + well,
                                          "follow --to 99999999999999999999 " + well,
                                          "fetch " + well,
                                          "add " + well,
                                          "remove --force " + well,
                                          "replace " + well + " a:1",
                                          "format --from",
                                          "status --tls-key k " + well,
                                          "status --tls-certificate c --tls-key k --tls-authorities a " + well};
  for (const std::string& arguments : wrong) expect(kExitUsage, arguments);
}

TEST_F(JournalProcessTest, every_command_wants_an_address_that_is_one) {
  for (const std::string command : {"format", "status", "follow", "fetch", "fence", "add", "remove", "replace"}) {
    const std::string words = command == "replace"                      ? " a:1 b:2"
                              : command == "fetch"                      ? " dir"
                              : command == "add" || command == "remove" ? " a:1"
                                                                        : "";
    expect(kExitUsage, command);
    for (const std::string address : {"''", "ftp://x", "quorum://", "quorum:///rm", "quorum://a:1", "quorum://a/rm", "quorum://a:0/rm",
                                      "quorum://a:1,a:1/rm", "quorum://a:1/.rm", "file://relative", "file:///"})
      expect(kExitUsage, command + " " + address + words);
  }
  expect(kExitUsage, "format --from ftp://x quorum://127.0.0.1:1/rm");
}

TEST_F(JournalProcessTest, what_is_for_a_quorum_refuses_a_directory) {
  for (const std::string command : {"format", "status", "follow", "fence"})
    expect(kExitFailed, command + " file://" + directory_.path("j"));
}

TEST_F(JournalProcessTest, nobody_there_is_status_one_and_one_line) {
  const std::string nobody = " quorum://127.0.0.1:1/rm ";
  for (const std::string command : {"format", "status"}) expect(kExitFailed, command + nobody);
  expect(kExitFailed, "add" + nobody + "127.0.0.1:2");
  expect(kExitFailed, "remove" + nobody + "127.0.0.1:2");
  expect(kExitFailed, "replace" + nobody + "127.0.0.1:2 127.0.0.1:3");
}

TEST_F(JournalProcessTest, a_source_that_is_not_there_is_status_one) {
  expect(kExitFailed, "format --from " + directory_.path("absent") + " quorum://127.0.0.1:1/rm");
  expect(kExitFailed, "fetch " + directory_.path("absent") + " " + directory_.path("copy"));
  expect(kExitFailed, "format --from file:///a file:///b");
  expect(kExitFailed, "fetch shared:///mnt/x " + directory_.path("copy"));
}

}  // namespace
}  // namespace varve
