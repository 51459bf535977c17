// `varve bench` as a script meets it: the last line is one object with the figures that all its commands have.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "tests/support/temp_directory.h"
#include "tests/tools/observatory.h"

namespace varve {
namespace {

using varve::testing::read_file;

class BenchProcessTest : public ::testing::TestWithParam<const char*> {
 protected:
  TempDirectory directory_;
};

TEST_P(BenchProcessTest, ends_with_the_common_figures) {
  const std::string out = directory_.path("out");
  const std::string command =
      std::string("'") + VARVE_TOOL + "' bench " + GetParam() + " --json --dir '" + directory_.path("data") + "' >'" + out + "'";
  const int status = std::system(command.c_str());
  ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  const std::string printed = read_file(out);
  ASSERT_TRUE(printed.ends_with("\n"));
  const std::size_t last = printed.find_last_of('\n', printed.size() - 2) + 1;  // 0 when there is but one
  const auto figures = nlohmann::json::parse(printed.substr(last));
  for (const char* key : {"ops_per_s", "bytes_per_s", "p50_us", "p99_us", "p999_us", "cpu_s"}) {
    ASSERT_TRUE(figures.contains(key)) << key;
    EXPECT_GE(figures[key].get<double>(), 0) << key;
  }
  EXPECT_GT(figures["ops_per_s"].get<double>(), 0);
}

INSTANTIATE_TEST_SUITE_P(Commands, BenchProcessTest,
                         ::testing::Values("log append --payload 100 --inflight 10 --seconds 0.3",
                                           "log replay --transactions 5000 --payload 100", "image save --applications 500",
                                           "image load --applications 500", "cluster --payload 100 --inflight 10 --seconds 0.3"));

}  // namespace
}  // namespace varve
