// The viewers of logs, over a log whose schema they have never seen.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "editlog/segment_format.h"
#include "tests/tools/observatory_world.h"
#include "tools/log_cat.h"
#include "tools/log_stat.h"

namespace varve {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using varve::testing::kDataPath;
using varve::testing::make_long_night;
using varve::testing::ObservatoryWorld;
using varve::testing::Viewed;

class LogViewTest : public ::testing::Test {
 protected:
  void write_nights(unsigned count) {
    world_.start();
    world_.record_nights(count);
    world_.stop();
  }

  static std::vector<nlohmann::json> parsed(const Viewed& viewed) {
    std::vector<nlohmann::json> all;
    for (const std::string& line : viewed.lines()) all.push_back(nlohmann::json::parse(line));
    return all;
  }

  static std::vector<nlohmann::json> data(const Viewed& viewed) {
    std::vector<nlohmann::json> all;
    for (nlohmann::json& line : parsed(viewed)) {
      if (line["kind"] == "data") all.push_back(std::move(line));
    }
    return all;
  }

  // As if the power had failed before the last sector of the last frame was written.
  void tear_last_frame(const std::string& segment) {
    const std::string bytes(as_text(world_.disk().read_all(segment)));
    const auto record = load_as<PreallocationRecord>(as_bytes(bytes).subspan(kPreallocationOffset));
    std::uint64_t end = kFramesOffset;
    while (true) {
      const auto header = load_as<FrameHeader>(as_bytes(bytes).subspan(end));
      if (header.magic != kFrameMagic) break;
      end += header.frame_bytes();
    }
    std::array<std::byte, kSectorBytes> sector;
    fill_unwritten(record.namespace_id, record.salt, end - kSectorBytes, sector);
    world_.disk().write_at(segment, end - kSectorBytes, sector);
  }

  ObservatoryWorld world_;
};

TEST_F(LogViewTest, cat_prints_every_transaction_with_its_fields_by_name) {
  write_nights(10);
  const Viewed viewed = world_.view_json(log_cat);
  EXPECT_EQ(viewed.exit_status, kExitFine) << viewed.problems;
  EXPECT_EQ(viewed.problems, "");
  const auto nights = data(viewed);
  ASSERT_EQ(nights.size(), 10u);
  for (const auto& night : nights) {
    EXPECT_EQ(night["transaction"]["date"], "2024-02-29 \"leap\"\n");
    EXPECT_EQ(night["transaction"]["exposures"][0]["filter"], "green");
    EXPECT_EQ(night["transaction"]["dome"]["azimuth"], -90);
  }
}

TEST_F(LogViewTest, cat_prints_txids_without_a_gap_and_control_transactions_between_them) {
  write_nights(10);
  std::uint64_t expected = 1;
  bool saw_segment_start = false;
  for (const auto& line : parsed(world_.view_json(log_cat))) {
    EXPECT_EQ(line["txid"], expected++);
    if (line["kind"] == "segment_start") {
      saw_segment_start = true;
      EXPECT_EQ(line["transaction"]["schema_name"], "observatory");
    }
    if (line["kind"] == "epoch_start") {
      EXPECT_EQ(line["transaction"]["name"], "dome");
    }
  }
  EXPECT_TRUE(saw_segment_start);
}

TEST_F(LogViewTest, cat_shows_secrets_only_when_asked) {
  write_nights(1);
  for (const bool json : {false, true}) {
    const Viewed hidden = world_.view(log_cat, {.paths = {kDataPath}, .json = json});
    for (const char* secret : {"sesame", "deadbeef", "4711", "42424242", "swordfish"}) EXPECT_THAT(hidden.out, Not(HasSubstr(secret)));
    EXPECT_THAT(hidden.out, HasSubstr("<hidden, 11 bytes>"));
    const Viewed shown = world_.view(log_cat, {.paths = {kDataPath}, .json = json, .secrets = Secrets::kShow});
    EXPECT_THAT(shown.out, HasSubstr("open sesame"));
    EXPECT_THAT(shown.out, Not(HasSubstr("<hidden")));
  }
}

TEST_F(LogViewTest, cat_prints_only_the_txids_that_are_wanted) {
  write_nights(20);
  const auto all = parsed(world_.view_json(log_cat));
  for (std::uint64_t from : {1u, 2u, 7u, 15u}) {
    const std::uint64_t to = from + 5;
    const auto some = parsed(world_.view(log_cat, {.paths = {kDataPath}, .json = true, .from = TxId{from}, .to = TxId{to}}));
    EXPECT_EQ(some, std::vector<nlohmann::json>(all.begin() + from - 1, all.begin() + to));
  }
  EXPECT_EQ(world_.view(log_cat, {.paths = {kDataPath}, .json = true, .from = TxId{1'000'000}}).out, "");
}

TEST_F(LogViewTest, cat_reads_a_journal_directory_and_single_files_too) {
  write_nights(10);
  const std::string whole = world_.view_json(log_cat).out;
  EXPECT_EQ(world_.view(log_cat, {.paths = {"/data/journal"}, .json = true}).out, whole);
  std::vector<std::string> segments;
  for (const std::string& path : world_.files()) {
    const std::string name = path.substr(path.find_last_of('/') + 1);
    if (name.starts_with("edits_0")) segments.push_back(path);
  }
  segments.push_back(world_.newest("edits_inprogress"));
  EXPECT_EQ(world_.view(log_cat, {.paths = segments, .json = true}).out, whole);
}

TEST_F(LogViewTest, cat_for_people_has_a_title_and_one_line_each) {
  write_nights(3);
  const Viewed viewed = world_.view(log_cat);
  EXPECT_GE(world_.files_named("edits_").size(), 2u) << "one title for all segments";
  EXPECT_THAT(viewed.lines().front(), HasSubstr("TXID"));
  EXPECT_EQ(viewed.lines().size(), 1 + world_.view_json(log_cat).lines().size());
}

TEST_F(LogViewTest, changes_nothing_on_disk) {
  write_nights(6);
  std::map<std::string, std::string> before;
  for (const std::string& path : world_.files()) before[path] = as_text(world_.disk().read_all(path));
  world_.view(log_cat);
  world_.view(log_stat);
  for (const std::string& path : world_.files()) EXPECT_EQ(before[path], as_text(world_.disk().read_all(path))) << path;
  EXPECT_EQ(before.size(), world_.files().size());
}

TEST_F(LogViewTest, looks_at_a_log_that_is_in_use) {
  world_.start();
  world_.record_nights(6);
  const Viewed viewed = world_.view_json(log_cat);
  EXPECT_EQ(viewed.exit_status, kExitFine) << viewed.problems;
  EXPECT_EQ(data(viewed).size(), 6u);
  world_.stop();
}

TEST_F(LogViewTest, a_torn_tail_is_a_note) {
  world_.start();
  world_.record_nights(1);
  world_.record_nights(1, make_long_night());
  world_.kill();
  const auto whole = data(world_.view_json(log_cat)).size();
  tear_last_frame(world_.newest("edits_inprogress"));
  const Viewed viewed = world_.view_json(log_cat);
  EXPECT_EQ(viewed.exit_status, kExitFine);
  EXPECT_THAT(viewed.problems, HasSubstr("note: "));
  EXPECT_THAT(viewed.problems, HasSubstr("torn"));
  EXPECT_EQ(data(viewed).size(), whole - 1);
}

TEST_F(LogViewTest, the_same_below_the_mark_is_damage) {
  world_.start();
  world_.record_nights(1);
  world_.record_nights(1, make_long_night());
  world_.stop();
  tear_last_frame(world_.newest("edits_inprogress"));
  const Viewed viewed = world_.view_json(log_cat);
  EXPECT_EQ(viewed.exit_status, kExitFailed);
  EXPECT_EQ(viewed.problems.find('\n'), viewed.problems.size() - 1) << viewed.problems;
}

TEST_F(LogViewTest, a_log_that_ends_below_its_mark_is_damaged_though_only_unwritten_space_follows) {
  write_nights(2);
  tear_last_frame(world_.newest("edits_inprogress"));  // it had one sector
  const Viewed viewed = world_.view_json(log_cat);
  EXPECT_EQ(viewed.exit_status, kExitFailed);
  EXPECT_THAT(viewed.problems, HasSubstr("marked as durable"));
}

TEST_F(LogViewTest, cat_goes_on_behind_a_damaged_segment_and_says_so) {
  write_nights(12);
  std::vector<std::string> segments;
  for (const std::string& path : world_.files()) {
    if (path.find("edits_0") != std::string::npos) segments.push_back(path);
  }
  ASSERT_GE(segments.size(), 2u);
  world_.disk().flip_bits(segments[0], 4096 + 3);
  const Viewed viewed = world_.view_json(log_cat);
  EXPECT_EQ(viewed.exit_status, kExitFailed);
  EXPECT_THAT(viewed.problems, HasSubstr(segments[0]));
  EXPECT_THAT(viewed.problems, HasSubstr("4096"));
  EXPECT_GT(data(viewed).size(), 4u);
}

TEST_F(LogViewTest, says_in_one_line_what_is_not_there) {
  write_nights(1);
  for (const std::string path : {"/nowhere", "/nowhere/deeper", "/data/journal/edits_1", "/data/images", "/data/journal/slots"}) {
    const Viewed viewed = world_.view(log_cat, {.paths = {path}});
    EXPECT_EQ(viewed.exit_status, kExitFailed);
    EXPECT_THAT(viewed.problems, StartsWith("varve: "));
    EXPECT_THAT(viewed.problems, HasSubstr(path));
    EXPECT_EQ(viewed.problems.find('\n'), viewed.problems.size() - 1) << viewed.problems;
  }
}

TEST_F(LogViewTest, says_in_one_line_that_a_file_is_no_segment) {
  world_.disk().write_all("/data/poem", as_bytes(std::string(10'000, 'x')));
  world_.disk().write_all("/data/empty", {});
  for (const std::string path : {"/data/poem", "/data/empty"}) {
    for (auto* view : {log_cat, log_stat}) {
      const Viewed viewed = world_.view(view, {.paths = {path}});
      EXPECT_EQ(viewed.exit_status, kExitFailed);
      EXPECT_THAT(viewed.problems, HasSubstr(path));
      EXPECT_EQ(viewed.problems.find('\n'), viewed.problems.size() - 1) << viewed.problems;
    }
  }
}

TEST_F(LogViewTest, stat_adds_up_what_cat_prints) {
  write_nights(10);
  const auto cat = parsed(world_.view_json(log_cat));
  std::uint64_t transactions = 0;
  std::vector<std::string> states;
  for (const auto& line : parsed(world_.view_json(log_stat))) {
    if (line.contains("directory")) {
      EXPECT_EQ(line["directory"], "/data/journal");
      EXPECT_EQ(line["marked_txid"], cat.back()["txid"]);
      continue;
    }
    transactions += line["transactions"].get<std::uint64_t>();
    states.push_back(line["state"]);
    EXPECT_EQ(line["schema_name"], "observatory");
  }
  EXPECT_EQ(transactions, cat.size());
  EXPECT_EQ(states.back(), "in progress");
  EXPECT_EQ(states.front(), "final");
}

}  // namespace
}  // namespace varve
