#include "tools/journalnode/config_file.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <fstream>
#include <sstream>

#include "base/result.h"
#include "tests/support/temp_directory.h"
#include "tools/journalnode/config_rules.h"

namespace varve {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

Result<NodeConfig> configured(const std::string& text) {
  ASSIGN_OR_RETURN(const auto settings, parse_config(text, "node.toml"));
  NodeConfig config;
  for (const Setting& setting : settings) TRY(assign(config, setting));
  return config;
}

std::string refused(const std::string& text) {
  const auto config = configured(text);
  return config ? "taken" : config.error().text();
}

// The lines that give `key` this value, the last of them line 2.
std::string lines(const ConfigKey& key, const std::string& value) {
  const std::size_t dot = key.name.find('.');
  if (dot == key.name.npos) return fmt::format("# a comment\n{} = {}\n", key.name, value);
  return fmt::format("[{}]\n{} = {}\n", key.name.substr(0, dot), key.name.substr(dot + 1), value);
}

bool takes_text(const ConfigKey& key) {
  return std::holds_alternative<std::string NodeConfig::*>(key.field);
}
bool takes_count(const ConfigKey& key) {
  return std::holds_alternative<std::uint64_t NodeConfig::*>(key.field);
}
bool takes_flag(const ConfigKey& key) {
  return std::holds_alternative<bool NodeConfig::*>(key.field);
}

std::vector<std::string> wrong_values(const ConfigKey& key) {
  if (takes_count(key))
    return {fmt::format("{}", key.max + 1), "-1", "-9223372036854775808", key.min > 0 ? fmt::format("{}", key.min - 1) : "-2"};
  if (takes_flag(key)) return {"0", "\"true\"", "\"yes\""};
  if (!takes_text(key))
    return {R"([""])", R"(["*.example.com"])", R"([".example.com"])", R"(["a", "b c"])", R"(["a", 1])", R"([["a"]])", R"("a")"};
  if (key.unit == "path") return {R"("")", R"("a\u0000b")"};
  if (key.unit == "host:port") return {R"("host")", R"("host:99999")", R"("1.2.3:80")"};
  return {R"("")", R"("two words")", R"("line\nbreak")"};
}

TEST(ConfigFile, refuses_each_key_of_a_wrong_type_with_its_line) {
  for (const ConfigKey& key : config_keys()) {
    for (const std::string value : {"1.5", "nan", "2024-02-29", "{ a = 1 }", "[1]", "[[1]]", "12:00:00"}) {
      EXPECT_THAT(refused(lines(key, value)),
                  AllOf(StartsWith(fmt::format("node.toml:2: {}: expected {}, found ", key.name, expected_of(key)))));
    }
    if (!takes_text(key)) {
      EXPECT_THAT(refused(lines(key, "\"7\"")), HasSubstr("found '7'"));
    }
    if (!takes_count(key)) {
      EXPECT_THAT(refused(lines(key, "7")), HasSubstr("found the number 7"));
    }
    if (!takes_flag(key)) {
      EXPECT_THAT(refused(lines(key, "true")), HasSubstr("found true"));
    }
  }
}

TEST(ConfigFile, refuses_each_key_with_a_wrong_value_and_says_what_was_expected) {
  for (const ConfigKey& key : config_keys()) {
    for (const std::string& value : wrong_values(key)) {
      const std::string text = refused(lines(key, value));
      EXPECT_THAT(text, StartsWith(fmt::format("node.toml:2: {}: expected {}, found ", key.name, expected_of(key)))) << value;
      EXPECT_EQ(text.find('\n'), text.npos);
    }
  }
}

TEST(ConfigFile, takes_each_count_at_its_bounds) {
  for (const ConfigKey& key : config_keys()) {
    if (!takes_count(key)) continue;
    const auto field = std::get<std::uint64_t NodeConfig::*>(key.field);
    for (const std::uint64_t value : {key.min, key.max}) EXPECT_EQ(configured(lines(key, fmt::format("{}", value))).value().*field, value);
    EXPECT_LE(key.min, NodeConfig().*field) << key.name;
    EXPECT_GE(key.max, NodeConfig().*field) << key.name;
  }
}

TEST(ConfigFile, reads_a_whole_configuration) {
  const auto config = configured(R"(
    dir = "/var/lib/varve"
    http = ""
    name = "j1"
    [log]
    direct_io = false
    mark_delay_ms = 1_500
    [tls]
    writers = ["rm1.example.com", "rm2.example.com"]
  )");
  ASSERT_TRUE(config) << config.error().text();
  EXPECT_EQ(config->directory, "/var/lib/varve");
  EXPECT_EQ(config->http, "");
  EXPECT_EQ(config->listen, "127.0.0.1:8485");
  EXPECT_FALSE(config->direct_io);
  EXPECT_EQ(config->mark_delay_ms, 1500u);
  EXPECT_THAT(config->tls_writers, ::testing::ElementsAre("rm1.example.com", "rm2.example.com"));
}

TEST(ConfigFile, names_the_line_and_the_nearest_key_of_an_unknown_one) {
  EXPECT_EQ(refused("dir = 'x'\n[log]\nsegmnt_bytes = 5\n"),
            "node.toml:3: unknown key 'log.segmnt_bytes'; the nearest known is log.segment_bytes");
  EXPECT_EQ(refused("lisen = 'x'"), "node.toml:1: unknown key 'lisen'; the nearest known is listen");
  EXPECT_EQ(refused("\n[lgo]\nsegment_bytes = 5\n"), "node.toml:2: unknown section 'lgo'; the nearest known is the section [log]");
  EXPECT_EQ(refused("[log.deep]\nx = 5\n"), "node.toml:1: unknown section 'log.deep'; the nearest known is the section [log]");
  EXPECT_EQ(refused("log = 5"), "node.toml:1: expected a section [log], found a value of that name");
}

TEST(ConfigFile, reports_the_first_line_that_is_wrong) {
  EXPECT_THAT(refused("name = 1\n[log]\ndirect_io = 2\n"), StartsWith("node.toml:1: name"));
  EXPECT_THAT(refused("[scrub]\ninterval_h = 0\n[log]\ndirect_io = 2\n"), StartsWith("node.toml:2: scrub.interval_h"));
}

TEST(ConfigFile, says_where_a_file_is_no_toml) {
  for (const std::string text :
       {"dir = \n", "dir 'x'", "[log", "dir = 'a'\ndir = 'b'", "dir = \"\xff\"", "=", "a = 99999999999999999999"}) {
    EXPECT_THAT(refused(text), AllOf(StartsWith("node.toml:"), HasSubstr("not TOML at column "))) << text;
  }
}

TEST(ConfigFile, is_never_broken_by_a_cut) {
  const std::string whole = "dir = \"x\"\n[tls]\nwriters = [\"a\", \"b\"]\n[log]\nmark_delay_ms = 1000\ndirect_io = true\n";
  for (std::size_t length = 0; length <= whole.size(); ++length) {
    const std::string text = refused(whole.substr(0, length));
    EXPECT_TRUE(text == "taken" || text.starts_with("node.toml:")) << text;
  }
}

TEST(ConfigFile, that_cannot_be_read_is_named) {
  TempDirectory directory;
  EXPECT_THAT(read_config_file(directory.path("absent")).error().text(), HasSubstr("absent: No such file"));
  EXPECT_THAT(read_config_file(directory.path()).error().text(), HasSubstr("reading the configuration"));
  std::ofstream(directory.path("huge")) << std::string(2u << 20, '#');
  EXPECT_THAT(read_config_file(directory.path("huge")).error().text(), HasSubstr("at most 1048576 bytes"));
}

std::string operations_document() {
  const std::ifstream file(VARVE_SOURCE_DIR "/docs/operations.md");
  std::ostringstream document;
  document << file.rdbuf();
  return std::move(document).str();
}

TEST(OperationsDocument, has_the_table_of_the_keys) {
  EXPECT_THAT(operations_document(), HasSubstr(config_table())) << "docs/operations.md lacks this table:\n" << config_table();
}

TEST(OperationsDocument, has_an_example_that_is_a_good_configuration) {
  const std::string document = operations_document();
  const std::size_t begin = document.find("```toml\n") + 8;
  const auto settings = parse_config(document.substr(begin, document.find("```\n", begin) - begin), "example").value();
  NodeConfig config;
  for (const Setting& setting : settings) EXPECT_TRUE(assign(config, setting)) << setting.where;
  EXPECT_TRUE(check_config(config, settings));
  EXPECT_TRUE(config.uses_tls());
}

}  // namespace
}  // namespace varve
