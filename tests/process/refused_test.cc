// Directories that are not for this writer: one clear line, nothing changed.
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "editlog/version_file.h"
#include "tests/process/writer_test.h"

namespace varve {
namespace {

using ::testing::HasSubstr;

class RefusedTest : public WriterTest {
 protected:
  static std::string read_file(const std::filesystem::path& path) {
    std::ostringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    return text.str();
  }
  // Everything below the tested directory.
  std::map<std::string, std::string> contents() const {
    std::map<std::string, std::string> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(home()))
      files[entry.path()] = entry.is_regular_file() ? read_file(entry.path()) : "";
    return files;
  }
  // Of bytes nothing is printed.
  static void expect_unchanged(const std::map<std::string, std::string>& before, const std::map<std::string, std::string>& after) {
    EXPECT_THAT(names_of(after), ::testing::ElementsAreArray(names_of(before)));
    for (const auto& [path, bytes] : before) EXPECT_TRUE(after.contains(path) && after.at(path) == bytes) << path << " has changed";
  }
  static std::vector<std::string> names_of(const std::map<std::string, std::string>& files) {
    std::vector<std::string> names;
    for (const auto& [path, bytes] : files) names.push_back(path);
    return names;
  }
  void expect_refused(const Ran& ran, const std::string& code, const std::string& part) {
    EXPECT_EQ(ran.status, 3) << ran.output;
    EXPECT_THAT(ran.output, HasSubstr("failed (" + code + ")"));
    EXPECT_THAT(ran.output, HasSubstr(part));
    EXPECT_EQ(std::count(ran.output.begin(), ran.output.end(), '\n'), 1) << ran.output;
  }
};

TEST_F(RefusedTest, a_second_process_on_the_directory) {
  start(writer("write"));
  wait_for_acknowledged(100);
  expect_refused(try_check(), "locked", home() + "/journal");
  wait_for_more(100);
  kill();
  EXPECT_EQ(check(), "");
}

TEST_F(RefusedTest, images_of_another_journal) {
  ASSERT_EQ(check({"--checkpoint-every", "5"}), "");
  const std::string other = home() + "/other";
  std::filesystem::create_directory(other);
  Launch foreign = writer("check", {"--images", home() + "/images"});
  foreign.command[2] = other;
  foreign.command[3] = scratch() + "/other-record";
  const auto before = contents();
  const Ran ran = run(foreign);
  expect_refused(ran, "foreign", "namespace");
  for (const auto& [path, bytes] : before) {
    if (std::filesystem::is_regular_file(path)) {
      EXPECT_TRUE(read_file(path) == bytes) << path << " has changed";
    }
  }
  EXPECT_EQ(check(), "");
}

TEST_F(RefusedTest, a_journal_of_a_newer_layout) {
  ASSERT_EQ(check(), "");
  const std::string path = home() + "/journal/VERSION";
  const std::string good = read_file(path);
  auto version = decode_version(good, path);
  ASSERT_TRUE(version) << version.error().text();
  version->layout = kJournalLayout + 1;
  std::ofstream(path, std::ios::binary | std::ios::trunc) << encode_version(*version);
  const auto before = contents();
  expect_refused(try_check(), "newer_layout", path);
  expect_unchanged(before, contents());
  std::ofstream(path, std::ios::binary | std::ios::trunc) << good;
  EXPECT_EQ(check(), "");
}

TEST_F(RefusedTest, a_directory_of_foreign_files_named_like_a_journal) {
  std::filesystem::create_directory(home() + "/journal");
  std::ofstream(home() + "/journal/VERSION") << "storageType=JOURNAL_NODE\nlayoutVersion=-64\n";
  const auto before = contents();
  const Ran ran = try_check();
  EXPECT_EQ(ran.status, 3) << ran.output;
  EXPECT_THAT(ran.output, HasSubstr("failed (foreign)"));
  expect_unchanged(before, contents());
}

}  // namespace
}  // namespace varve
