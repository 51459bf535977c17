#include "tools/journalnode/status_json.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/journalnode/status_samples.h"

namespace varve {
namespace {

using nlohmann::json;

json shown(const NodeStatus& node) {
  return json::parse(status_json(node, {.cpu_us = 5'000'000, .resident_bytes = 1, .open_files = 33}));
}

TEST(StatusJson, tells_of_the_node) {
  const json node = shown(testing::well_node());
  EXPECT_EQ(node["name"], "j1");
  EXPECT_EQ(node["boot"], "0000000000000001000000000000b007");
  EXPECT_EQ(node["disk_free_bytes"], 48ull << 30);
  EXPECT_EQ(node["cpu_us"], 5'000'000);
  EXPECT_EQ(node["open_files"], 33);
  EXPECT_EQ(node["ready"], true);
  EXPECT_EQ(node["not_ready"], json::array());
  EXPECT_EQ(shown(testing::empty_node())["journals"], json::array());
}

TEST(StatusJson, tells_of_each_journal) {
  const json journal = shown(testing::well_node())["journals"][0];
  EXPECT_EQ(journal["name"], "rm1");
  EXPECT_EQ(journal["namespace"], "99aabbccddeeff001122334455667788");
  EXPECT_EQ(journal["promised"], 7);
  EXPECT_EQ(journal["end"], json({{"txid", 1'234'567}, {"epoch", 7}, {"digest", "00000000000000060000000000000005"}}));
  EXPECT_EQ(journal["committed"]["txid"], 1'234'560);
  EXPECT_EQ(journal["lag"], 3);
  EXPECT_EQ(journal["members"].size(), 3u);
  EXPECT_EQ(journal["members"][2]["role"], "learner");
  EXPECT_EQ(journal["sync"]["p99_us"], 1'900);
}

TEST(StatusJson, gives_the_reasons_in_words) {
  const json node = shown(testing::damaged_node());
  EXPECT_EQ(node["ready"], false);
  EXPECT_EQ(node["not_ready"].size(), 2u);
  EXPECT_EQ(node["journals"][1]["damage"].size(), 1u);
  EXPECT_EQ(node["journals"][1]["pulling_from"], "j2.example.com:8485");
}

TEST(StatusJson, stays_json_whatever_the_names_are) {
  NodeStatus node = testing::well_node();
  node.journals[0].name = "a\"b\\c\n\xff</script>";
  node.journals[0].end.txid = TxId{UINT64_MAX};
  const json journal = shown(node)["journals"][0];
  EXPECT_EQ(journal["name"], "a\"b\\c\n\xef\xbf\xbd</script>");
  EXPECT_EQ(journal["end"]["txid"], "18446744073709551615");
}

TEST(StatusJson, has_no_lag_when_the_copy_is_ahead_of_what_the_writer_told) {
  NodeStatus node = testing::well_node();
  node.journals[0].writer_end = TxId{5};
  EXPECT_EQ(shown(node)["journals"][0]["lag"], 0);
}

}  // namespace
}  // namespace varve
