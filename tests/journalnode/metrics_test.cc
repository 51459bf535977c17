#include "tools/journalnode/metrics.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "tests/journalnode/status_samples.h"

namespace varve {
namespace {

using ::testing::HasSubstr;

std::string metrics(const NodeStatus& node) {
  return metrics_text(node, {.cpu_us = 1'500'000, .resident_bytes = 1, .open_files = 12});
}

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

TEST(Metrics, show_the_node_and_each_journal) {
  const std::string text = metrics(testing::well_node());
  for (const char* line : {
           "varve_journal_node_info{name=\"j1\",address=\"j1.example.com:8485\",version=\"0.1.0\",boot="
           "\"0000000000000001000000000000b007\"} 1\n",
           "varve_journal_node_ready 1\n",
           "varve_journal_node_cpu_seconds_total 1.5\n",
           "varve_journal_node_disk_free_bytes 51539607552\n",
           "varve_journal_promised_epoch{journal=\"rm1\"} 7\n",
           "varve_journal_last_writer_epoch{journal=\"rm2\"} 7\n",
           "varve_journal_end_txid{journal=\"rm1\"} 1234567\n",
           "varve_journal_lag_transactions{journal=\"rm1\"} 3\n",
           "varve_journal_transactions_total{journal=\"rm1\"} 1234567\n",
           "varve_journal_sync_seconds{journal=\"rm1\",quantile=\"0.99\"} 0.0019\n",
           "varve_journal_sync_seconds_sum{journal=\"rm1\"} 21\n",
           "varve_journal_sync_seconds_count{journal=\"rm1\"} 50000\n",
       }) {
    EXPECT_THAT(text, HasSubstr(line));
  }
}

TEST(Metrics, turn_when_something_is_wrong) {
  const std::string text = metrics(testing::damaged_node());
  for (const char* line : {"varve_journal_node_ready 0\n", "varve_journal_damage{journal=\"rm2\"} 1\n",
                           "varve_journal_tail_certain{journal=\"rm2\"} 0\n", "varve_journal_tail_certain{journal=\"rm1\"} 1\n"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
}

// The format's grammar: each family once, its HELP and TYPE first, then its samples, none twice.
TEST(Metrics, are_what_prometheus_reads) {
  const std::regex sample(R"(([a-z_]+)(\{[a-z]+="([^"\\]|\\.)*"(,[a-z]+="([^"\\]|\\.)*")*\})? (NaN|[0-9.e+-]+))");
  std::set<std::string> families;
  std::set<std::string> samples;
  std::string family;
  for (const std::string& line : lines_of(metrics(testing::damaged_node()))) {
    std::smatch part;
    if (line.starts_with("# HELP ")) {
      family = line.substr(7, line.find(' ', 7) - 7);
      EXPECT_TRUE(families.insert(family).second) << family;
      EXPECT_TRUE(family.starts_with("varve_journal_"));
    } else if (line.starts_with("# TYPE ")) {
      EXPECT_TRUE(std::regex_match(line, std::regex("# TYPE " + family + " (counter|gauge|summary)"))) << line;
      EXPECT_EQ(line.ends_with(" counter"), family.ends_with("_total")) << line;
    } else {
      ASSERT_TRUE(std::regex_match(line, part, sample)) << line;
      EXPECT_TRUE(part[1].str().starts_with(family)) << line;
      EXPECT_TRUE(samples.insert(line.substr(0, line.rfind(' '))).second) << line;
    }
  }
  EXPECT_GT(families.size(), 30u);
}

TEST(Metrics, escape_odd_names) {
  NodeStatus node = testing::well_node();
  node.journals[0].name = "a\"b\\c\nd\xff";
  EXPECT_THAT(metrics(node), HasSubstr(R"(varve_journal_end_txid{journal="a\"b\\c\nd?"} 1234567)"));
}

TEST(Metrics, say_nothing_of_latencies_that_nobody_measured) {
  NodeStatus node = testing::well_node();
  node.journals[0].sync = {};
  EXPECT_THAT(metrics(node), HasSubstr("varve_journal_sync_seconds{journal=\"rm1\",quantile=\"0.5\"} NaN\n"));
}

// A row of docs/operations.md for each family: | `name` | type | help |.
TEST(Metrics, stand_in_the_document) {
  const std::ifstream file(VARVE_SOURCE_DIR "/docs/operations.md");
  std::ostringstream document;
  document << file.rdbuf();
  std::string name;
  std::string help;
  for (const std::string& line : lines_of(metrics(testing::well_node()))) {
    if (line.starts_with("# HELP ")) {
      name = line.substr(7, line.find(' ', 7) - 7);
      help = line.substr(8 + name.size());
    }
    if (!line.starts_with("# TYPE ")) continue;
    EXPECT_THAT(document.str(), HasSubstr(fmt::format("| `{}` | {} | {} |\n", name, line.substr(8 + name.size()), help)));
  }
}

}  // namespace
}  // namespace varve
