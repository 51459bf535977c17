// `varve journal`'s commands against journal nodes of this process, on loopback.
#include <gmock/gmock.h>

#include <array>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/check.h"
#include "base/real/real_seams.h"
#include "base/tasks.h"
#include "journal/journal_node.h"
#include "journal/local_journal.h"
#include "journal/quorum_journal.h"
#include "tests/support/temp_directory.h"
#include "tests/tools/memory_file.h"
#include "tools/journal/fence_command.h"
#include "tools/journal/fetch_command.h"
#include "tools/journal/follow_command.h"
#include "tools/journal/format_command.h"
#include "tools/journal/member_commands.h"
#include "tools/journal/node_details.h"
#include "tools/journal/status_command.h"
#include "tools/journalnode/status_json.h"
#include "tools/log_cat.h"
#include "tools/log_verify.h"

namespace varve {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using varve::testing::MemoryFile;
using Work = Task<void> (*)(JournalConsole&);

struct Shown {
  int exit_status = 0;
  std::string out;
  std::string problems;
};

std::vector<std::string> lines(const std::string& text) {
  std::vector<std::string> all;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) all.push_back(line);
  return all;
}

class JournalCommandTest : public ::testing::Test {
 protected:
  JournalCommandTest() {
    for (unsigned i = 0; i < 3; ++i) start(i);
  }
  ~JournalCommandTest() noexcept override {
    writer_ = nullptr;
    journal_ = nullptr;
    for (auto& node : nodes_) node = nullptr;
  }

  template <typename T>
  T wait(Task<T> task) {
    return real_.mailbox().run_until(kj::Promise<T>(kj::mv(task)));
  }
  template <typename T>
  T wait(kj::Promise<T> promise) {
    return real_.mailbox().run_until(kj::mv(promise));
  }

  // The first time on any port, then on the same.
  void start(unsigned index) {
    NodeOptions options;
    options.name = "node" + std::to_string(index);
    options.directory = directory_.path(options.name);
    options.listen = "127.0.0.1:" + std::to_string(ports_[index]);
    options.log.segment_bytes = 64u << 10;
    options.log.disk_reserve_bytes = 0;
    options.render_status = [](const NodeStatus& status) { return status_json(status, {}); };
    auto started = wait(JournalNode::start(real_.seams(), options));
    CHECK(started.has_value(), started.error().text());
    nodes_[index] = kj::mv(*started);
    ports_[index] = nodes_[index]->port();
  }
  void kill(unsigned index) { nodes_[index] = nullptr; }
  std::string node(unsigned index) const { return "127.0.0.1:" + std::to_string(ports_[index]); }
  std::string url() const { return "quorum://" + node(0) + "," + node(1) + "," + node(2) + "/rm"; }
  std::string path(const std::string& name) const { return directory_.path(name); }

  Shown run(Work work, JournalOptions options) {
    if (options.journal.empty()) options.journal = url();
    MemoryFile out_file;
    MemoryFile problems_file;
    StandardOutput out(out_file.descriptor());
    StandardOutput problems(problems_file.descriptor());
    JournalConsole console(real_.seams(), options, out, problems);
    real_.mailbox().run_until(kj::Promise<void>(work(console)));
    CHECK(out.finish().has_value());
    return {console.exit_status(), out_file.text(), problems_file.text()};
  }
  Shown run(Work work, std::vector<std::string> words = {}) {
    JournalOptions options;
    options.words = std::move(words);
    return run(work, options);
  }
  json status() {
    JournalOptions options;
    options.view.json = true;
    const Shown shown = run(journal_status, options);
    EXPECT_EQ(lines(shown.out).size(), 1u) << shown.problems;
    return json::parse(shown.out);
  }
  // When node(0), which a commit may have done without, has it too.
  json status_with(std::uint64_t txid) {
    json now = status();
    for (int i = 0; i < 1000 && now["nodes"][0]["last_txid"] != txid; ++i) now = status();
    return now;
  }
  std::vector<std::string> roles() {
    std::vector<std::string> all;
    const json now = status();
    for (const json& node : now["nodes"]) all.push_back(node["role"]);
    return all;
  }
  void format() { ASSERT_EQ(run(journal_format).exit_status, kExitFine); }

  // A resource manager.
  void reign() {
    auto opened = wait(QuorumJournal::open(real_.seams(), *typed_quorum(url()), QuorumOptions()));
    ASSERT_TRUE(opened) << opened.error().text();
    journal_ = kj::mv(*opened);
    auto writer = wait(journal_->become_writer("rm-a", "hill", SchemaInfo()));
    ASSERT_TRUE(writer) << writer.error().text();
    writer_ = kj::mv(*writer);
  }
  kj::Promise<Result<FramePtr>> append_later(const std::string& text) {
    FrameBuilder builder(transaction_space(text.size()));
    builder.add(as_bytes(text));
    return writer_->append(kj::mv(builder), RunOn::kDiskThread);
  }
  Result<FramePtr> append(const std::string& text) { return wait(append_later(text)); }

  TempDirectory directory_;
  RealSeams real_;
  std::array<unsigned, 5> ports_{};
  std::array<kj::Own<JournalNode>, 5> nodes_;
  kj::Own<QuorumJournal> journal_;
  kj::Own<JournalWriter> writer_;
};

TEST_F(JournalCommandTest, format_tells_of_each_node_and_again_of_what_it_found) {
  const Shown first = run(journal_format);
  EXPECT_EQ(first.exit_status, kExitFine) << first.problems;
  for (unsigned i = 0; i < 3; ++i) EXPECT_THAT(first.out, HasSubstr(node(i) + ": formatted\n"));
  const Shown again = run(journal_format);
  EXPECT_EQ(again.exit_status, kExitFine) << again.problems;
  EXPECT_THAT(again.out, HasSubstr(node(2) + ": formatted before"));
}

TEST_F(JournalCommandTest, format_finishes_what_a_node_that_was_away_missed) {
  kill(1);
  const Shown first = run(journal_format);
  EXPECT_EQ(first.exit_status, kExitFailed);
  EXPECT_THAT(first.problems, HasSubstr(node(1)));
  start(1);
  EXPECT_EQ(run(journal_format).exit_status, kExitFine);
}

TEST_F(JournalCommandTest, format_refuses_a_journal_that_was_used) {
  format();
  reign();
  const Shown again = run(journal_format);
  EXPECT_EQ(again.exit_status, kExitFailed);
  EXPECT_THAT(again.problems, HasSubstr("used already"));
}

TEST_F(JournalCommandTest, status_shows_all_nodes_in_a_table_that_fits) {
  format();
  reign();
  ASSERT_TRUE(append("one"));
  const Shown shown = run(journal_status);
  EXPECT_EQ(shown.exit_status, kExitFine) << shown.problems;
  for (const std::string& line : lines(shown.out)) EXPECT_LE(line.size(), 120u) << line;
  EXPECT_THAT(shown.out, AllOf(HasSubstr("rm-a on hill"), HasSubstr("voter"), HasSubstr(node(0)), HasSubstr(node(2))));
  const json now = status_with(3);
  EXPECT_EQ(now["can_serve_writer"], true);
  EXPECT_EQ(now["nodes"][0]["last_txid"], 3);
  EXPECT_GE(now["nodes"][0]["epoch"], 1);
  EXPECT_EQ(now["nodes"][0]["committed_digest"].get<std::string>().size(), 32u);
}

TEST_F(JournalCommandTest, status_finds_members_that_were_not_named) {
  format();
  JournalOptions options;
  options.journal = "quorum://" + node(1) + "/rm";
  const Shown shown = run(journal_status, options);
  EXPECT_EQ(shown.exit_status, kExitFine) << shown.problems;
  EXPECT_THAT(shown.out, AllOf(HasSubstr(node(0)), HasSubstr(node(2))));
}

TEST_F(JournalCommandTest, status_fails_with_the_reason_when_no_writer_could_be_served) {
  format();
  kill(0);
  EXPECT_EQ(run(journal_status).exit_status, kExitFine) << "a majority is there";
  kill(1);
  const Shown shown = run(journal_status);
  EXPECT_EQ(shown.exit_status, kExitFailed);
  EXPECT_THAT(shown.problems, HasSubstr("1 of 3 voters can vote, a majority is 2"));
  EXPECT_THAT(shown.out, HasSubstr("AWAY"));
  EXPECT_EQ(status()["nodes"][0]["reachable"], false);
}

TEST_F(JournalCommandTest, status_of_a_journal_that_is_not_there_fails) {
  const Shown shown = run(journal_status);
  EXPECT_EQ(shown.exit_status, kExitFailed);
  EXPECT_THAT(shown.out, HasSubstr("it holds no journal rm"));
}

TEST_F(JournalCommandTest, status_fits_names_and_numbers_that_are_wrong_in_a_nodes_answer) {
  for (const char* text :
       {"", "no", "[]", "{}", R"({"journals":3})", R"({"journals":[3,{"name":7},{"name":"rm","damage":[4],"writer":{}}]})"}) {
    const NodeDetails details = parse_node_details(text, "rm");
    EXPECT_EQ(details.writer, "");
    EXPECT_TRUE(details.damage.empty());
  }
}

TEST_F(JournalCommandTest, fence_ends_the_reign_and_says_which) {
  format();
  reign();
  ASSERT_TRUE(append("one"));
  const Shown shown = run(journal_fence);
  EXPECT_EQ(shown.exit_status, kExitFine) << shown.problems;
  EXPECT_THAT(shown.out, AllOf(HasSubstr(" is taken"), HasSubstr("ended: epoch ")));
  EXPECT_FALSE(append("late"));
}

TEST_F(JournalCommandTest, follow_prints_what_comes_while_a_node_dies) {
  format();
  reign();
  ASSERT_TRUE(append("before"));
  JournalOptions options;
  options.view.json = true;
  options.from = TxId{3};
  options.view.to = TxId{8};
  Tasks writing;
  writing.add(real_.seams().clock.after(std::chrono::milliseconds(100)).then([this] {
    kill(0);
    kj::Promise<Result<FramePtr>> last = append_later("1");
    for (const char* text : {"2", "3", "4", "5"}) last = append_later(text);
    return last.ignoreResult();
  }));
  const Shown shown = run(journal_follow, options);
  EXPECT_EQ(shown.exit_status, kExitFine) << shown.problems;
  ASSERT_EQ(lines(shown.out).size(), 6u) << shown.out;
  EXPECT_EQ(json::parse(lines(shown.out)[0])["txid"], 3);
  EXPECT_EQ(json::parse(lines(shown.out)[5])["txid"], 8);
}

TEST_F(JournalCommandTest, fetch_leaves_a_log_that_the_viewers_take_and_goes_on_with_it) {
  format();
  reign();
  for (unsigned i = 0; i < 20; ++i) ASSERT_TRUE(append(std::string(5000, 'x')));
  const Shown first = run(journal_fetch, {path("copy")});
  ASSERT_EQ(first.exit_status, kExitFine) << first.problems;
  ASSERT_TRUE(append("more"));
  ASSERT_TRUE(append("and more"));
  const Shown again = run(journal_fetch, {path("copy")});
  EXPECT_THAT(again.out, HasSubstr("from an earlier run")) << again.problems;
  ViewOptions options;
  options.paths = {path("copy")};
  MemoryFile out_file;
  StandardOutput out(out_file.descriptor());
  StandardOutput problems(out_file.descriptor());
  Viewer viewer(real_.seams(), options, out, problems);
  real_.mailbox().run_until(kj::Promise<void>(log_verify(viewer)));
  real_.mailbox().run_until(kj::Promise<void>(log_cat(viewer)));
  CHECK(out.finish().has_value());
  EXPECT_EQ(viewer.exit_status(), kExitFine) << out_file.text();
  EXPECT_THAT(out_file.text(), HasSubstr("\n          23 "));
}

TEST_F(JournalCommandTest, a_node_is_added_in_another_ones_place_and_removed) {
  format();
  reign();
  ASSERT_TRUE(append("one"));
  start(3);
  const Shown added = run(journal_add, {node(3)});
  ASSERT_EQ(added.exit_status, kExitFine) << added.problems;
  EXPECT_THAT(added.out, HasSubstr(node(3) + " votes"));
  EXPECT_EQ(roles(), (std::vector<std::string>{"voter", "voter", "voter", "voter"}));
  start(4);
  const Shown replaced = run(journal_replace, {node(0), node(4)});
  ASSERT_EQ(replaced.exit_status, kExitFine) << replaced.problems;
  const Shown removed = run(journal_remove, {node(3)});
  ASSERT_EQ(removed.exit_status, kExitFine) << removed.problems;
  EXPECT_THAT(removed.out, AllOf(HasSubstr(node(4) + " (voter)"), Not(HasSubstr(node(0) + " (voter)"))));
  ASSERT_TRUE(append("two"));
}

TEST_F(JournalCommandTest, a_dead_member_is_replaced) {
  format();
  reign();
  kill(2);
  start(3);
  const Shown replaced = run(journal_replace, {node(2), node(3)});
  ASSERT_EQ(replaced.exit_status, kExitFine) << replaced.problems;
  EXPECT_THAT(replaced.out, HasSubstr(node(3) + " votes"));
  const Shown again = run(journal_replace, {node(2), node(3)});
  EXPECT_EQ(again.exit_status, kExitFine) << "it was done: " << again.problems;
}

TEST_F(JournalCommandTest, wrong_members_are_refused_with_those_there_are) {
  format();
  reign();
  const Shown stranger = run(journal_remove, {"127.0.0.1:1"});
  EXPECT_EQ(stranger.exit_status, kExitFailed);
  EXPECT_THAT(stranger.problems, AllOf(HasSubstr("127.0.0.1:1 is no member"), HasSubstr(node(1) + " (voter)")));
  EXPECT_THAT(run(journal_add, {node(1)}).problems, HasSubstr("is a member already"));
  EXPECT_THAT(run(journal_add, {"127.0.0.1:1"}).problems, HasSubstr("nothing was changed: connecting to 127.0.0.1:1"));
  EXPECT_THAT(run(journal_add, {"localhost:" + std::to_string(ports_[0])}).problems, HasSubstr("holds a journal rm already"));
  EXPECT_THAT(run(journal_replace, {node(0), node(0)}).problems, HasSubstr("its own place"));
  EXPECT_THAT(run(journal_replace, {"127.0.0.1:1", "127.0.0.1:2"}).problems, HasSubstr("is no member"));
  for (const char* wrong : {"", "host", "host:", ":1", "host:0", "a:1,b:2", "a:1/x"})
    EXPECT_EQ(run(journal_add, {wrong}).exit_status, kExitFailed) << wrong;
  EXPECT_EQ(roles(), (std::vector<std::string>{"voter", "voter", "voter"}));
}

TEST_F(JournalCommandTest, a_removal_that_leaves_no_live_majority_must_be_forced) {
  format();
  reign();
  kill(0);
  real_.mailbox().run_until(real_.seams().clock.after(std::chrono::milliseconds(100)));
  const Shown refused = run(journal_remove, {node(1)});
  EXPECT_EQ(refused.exit_status, kExitFailed);
  EXPECT_THAT(refused.problems, HasSubstr("the writer refuses"));
  EXPECT_EQ(run(journal_remove, {node(0)}).exit_status, kExitFine) << "the dead one may go";
}

TEST_F(JournalCommandTest, a_directory_moves_to_a_quorum_and_back) {
  LocalLogOptions log;
  log.disk_reserve_bytes = 0;
  auto local = wait(LocalJournal::open(real_.seams(), path("journal"), log, RollPolicy()));
  ASSERT_TRUE(local);
  auto first = wait((*local)->become_writer("rm", "hill", SchemaInfo()));
  ASSERT_TRUE(first);
  JournalOptions options;
  options.source = path("journal");
  EXPECT_THAT(run(journal_format, options).problems, HasSubstr("journal")) << "it is in use";
  ASSERT_TRUE(wait((*first)->close()));
  *first = nullptr;
  ASSERT_TRUE(wait((*local)->close()));
  *local = nullptr;
  const Shown moved = run(journal_format, options);
  ASSERT_EQ(moved.exit_status, kExitFine) << moved.problems;
  reign();
  ASSERT_TRUE(append("more"));
  options.source = url();
  options.journal = "file://" + path("back");
  const Shown back = run(journal_format, options);
  ASSERT_EQ(back.exit_status, kExitFine) << back.problems;
  EXPECT_THAT(back.out, HasSubstr("the source is fenced"));
  EXPECT_FALSE(append("late"));
  EXPECT_TRUE(wait(LocalJournal::open(real_.seams(), path("back"), log, RollPolicy())));
}

}  // namespace
}  // namespace varve
