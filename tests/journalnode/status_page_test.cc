// The page as a browser shows it: headless Chromium against a real server, on its own virtual time.
#include <gmock/gmock.h>

#include <regex>

#include "base/check.h"
#include "base/real/real_seams.h"
#include "tests/journalnode/status_samples.h"
#include "tests/process/child_process.h"
#include "tests/support/temp_directory.h"
#include "tools/journalnode/http_server.h"

namespace varve {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class StatusPageTest : public ::testing::Test {
 public:
  ~StatusPageTest() noexcept override {}

 protected:
  void SetUp() override {
    chromium_ = find_program("chromium");
    if (chromium_.empty()) GTEST_SKIP() << "there is no chromium: scripts/setup installs it";
    server_ = real_.mailbox().run_until(HttpServer::open(seams_.network, seams_.clock, "127.0.0.1:0", pages_, seams_.log));
    port_ = server_->port();
  }

  // What the browser shows after so many seconds of its time, in which it asks about once a second.
  void show(unsigned seconds) {
    ChildProcess browser({.command = {chromium_, "--headless", "--no-sandbox", "--disable-gpu", "--log-level=3",
                                      "--user-data-dir=" + directory_.path("profile"), fmt::format("--virtual-time-budget={}000", seconds),
                                      "--dump-dom", fmt::format("http://127.0.0.1:{}/", port_)},
                          .environment = {"HOME=" + directory_.path()}});
    while (!browser.ended()) {
      real_.mailbox().run_until(seams_.clock.after(std::chrono::milliseconds(10)));
      if (polls_ > server_ends_after_) server_ = nullptr;
    }
    ASSERT_EQ(browser.wait(), 0) << browser.output();
    const std::string output = browser.output();
    const std::size_t begin = output.find("<html");
    ASSERT_NE(begin, output.npos) << output;
    document_ = output.substr(begin, output.find("<script>", begin) - begin);
    document_.erase(document_.find("<style>"), document_.find("</style>") - document_.find("<style>"));
  }

  // The text of the element with this id.
  std::string text(const std::string& id) const {
    std::smatch found;
    return std::regex_search(document_, found, std::regex("id=\"" + id + "\"[^>]*>([^<]*)")) ? found[1].str() : "no " + id;
  }
  std::vector<std::string> all(const std::string& pattern) const {
    const std::regex regex(pattern);
    std::vector<std::string> found;
    for (std::sregex_iterator match(document_.begin(), document_.end(), regex), end; match != end; ++match)
      found.push_back((*match)[1].str());
    return found;
  }
  std::vector<std::string> journal_names() const { return all("<button class=\"name\"[^>]*>([^<]*)<"); }

  // The node as it is at the poll of this number, from 1.
  std::function<NodeStatus(unsigned poll)> node_at_ = [](unsigned) { return testing::well_node(); };
  unsigned server_ends_after_ = ~0u;

 private:
  kj::Promise<NodeStatus> answer() {
    if (++polls_ > server_ends_after_) return kj::NEVER_DONE;
    NodeStatus node = node_at_(polls_);
    node.now_wall_us += 1'000'000ull * polls_;
    for (JournalCopyStatus& journal : node.journals) journal.transactions += 5'120ull * polls_;
    return node;
  }

  TempDirectory directory_;
  std::string chromium_;
  RealSeams real_;
  Seams seams_ = real_.seams();
  HttpPages pages_{seams_.clock, {.status = [this] { return answer(); }, .process = [] { return ProcessFacts(); }}};
  kj::Own<HttpServer> server_;
  unsigned port_ = 0;
  unsigned polls_ = 0;

 protected:
  std::string document_;
};

TEST_F(StatusPageTest, says_in_one_glance_that_all_is_well) {
  show(5);
  EXPECT_EQ(text("verdict"), "Well");
  EXPECT_THAT(document_, HasSubstr("<li>All 2 journals take appends.</li>"));
  EXPECT_THAT(document_, HasSubstr("<title>Well – j1</title>"));
  EXPECT_THAT(document_, Not(HasSubstr("class=\"stale\"")));
  EXPECT_EQ(text("uptime").substr(0, 8), "1 h 2 mi");
  EXPECT_EQ(text("disk"), "48.0 GiB");
}

TEST_F(StatusPageTest, shows_each_journal_with_its_rate_from_two_polls) {
  show(5);
  EXPECT_THAT(journal_names(), ElementsAre("rm1", "rm2"));
  EXPECT_THAT(all("<div class=\"rate\"><span>([^<]*)<"), ElementsAre("5,120", "5,120"));
  EXPECT_EQ(text("rate"), "10,240");
  EXPECT_THAT(all("<polyline points=\"(1[0-9]+,[0-9.]+) ").size(), 2u);
  EXPECT_THAT(document_, HasSubstr("<span>1,234,567</span>"));
  EXPECT_THAT(document_, HasSubstr("<span>0.41 ms</span><span class=\"small\">p99 1.90 ms</span>"));
}

TEST_F(StatusPageTest, shows_members_once_and_which_is_this_node) {
  show(2);
  EXPECT_THAT(all("(j[123].example.com:8485)<span"), ElementsAre("j1.example.com:8485", "j2.example.com:8485", "j3.example.com:8485"));
  EXPECT_THAT(document_, HasSubstr("j1.example.com:8485<span class=\"here\"> this node</span>"));
  EXPECT_THAT(document_, HasSubstr(">learner</td>"));
}

TEST_F(StatusPageTest, gives_the_reason_when_the_node_is_not_ready) {
  node_at_ = [](unsigned) { return testing::damaged_node(); };
  show(3);
  EXPECT_EQ(text("verdict"), "Not ready");
  EXPECT_THAT(document_, HasSubstr("<li>Journal rm2: where its log ends is not certain; what is proven ends at txid 1234567</li>"));
  EXPECT_THAT(all("data-tone=\"(bad)\"><span>uncertain").size(), 1u);
  EXPECT_THAT(document_, HasSubstr("<li>missing segments come from j2.example.com:8485</li>"));
}

TEST_F(StatusPageTest, asks_for_a_look_when_damage_does_not_keep_appends_out) {
  node_at_ = [](unsigned) {
    NodeStatus node = testing::well_node();
    node.journals[0].damage = {"edits_0000000000000000001-0000000000000000007 at offset 4096"};
    return node;
  };
  show(3);
  EXPECT_EQ(text("verdict"), "Takes appends, needs a look");
}

TEST_F(StatusPageTest, greys_out_what_a_node_said_that_is_gone) {
  server_ends_after_ = 3;
  show(20);
  EXPECT_EQ(text("verdict"), "The node does not answer");
  EXPECT_THAT(document_, HasSubstr("class=\"stale\""));
  EXPECT_THAT(document_, HasSubstr("<li>It was last heard of at "));
  EXPECT_THAT(document_, HasSubstr("<li>The connection is refused or lost.</li>"));
  EXPECT_THAT(text("since"), StartsWith("For 1"));
  EXPECT_THAT(journal_names(), ElementsAre("rm1", "rm2"));
}

TEST_F(StatusPageTest, recovers_when_the_node_answers_again) {
  node_at_ = [](unsigned poll) {
    if (poll >= 2 && poll <= 4) throw std::runtime_error("busy");
    return testing::well_node();
  };
  show(10);
  EXPECT_EQ(text("verdict"), "Well");
  EXPECT_THAT(document_, Not(HasSubstr("class=\"stale\"")));
}

TEST_F(StatusPageTest, of_an_empty_node_says_how_a_journal_is_made) {
  node_at_ = [](unsigned) { return testing::empty_node(); };
  show(3);
  EXPECT_EQ(text("verdict"), "Well");
  EXPECT_THAT(document_, HasSubstr("<p id=\"none\" class=\"empty\">"));
  EXPECT_THAT(journal_names(), ElementsAre());
}

TEST_F(StatusPageTest, keeps_its_rows_in_order_as_journals_come_and_go) {
  node_at_ = [](unsigned poll) {
    NodeStatus node = testing::empty_node();
    for (unsigned i = 0; i < 30; ++i)
      if (poll < 3 || i % 10 == 5 || poll > 5) node.journals.push_back(testing::well_journal(fmt::format("cluster-{:02}", i)));
    return node;
  };
  show(12);
  const std::vector<std::string> names = journal_names();
  EXPECT_EQ(names.size(), 30u);
  EXPECT_TRUE(std::is_sorted(names.begin(), names.end()));
  EXPECT_THAT(document_, HasSubstr("<li>All 30 journals take appends.</li>"));
}

TEST_F(StatusPageTest, shows_names_as_text_whatever_they_are) {
  node_at_ = [](unsigned) {
    NodeStatus node = testing::well_node();
    node.journals[0].name = "<img src=x onerror=alert(1)>";
    return node;
  };
  show(3);
  EXPECT_THAT(journal_names(), ElementsAre("&lt;img src=x onerror=alert(1)&gt;", "rm2"));
}

}  // namespace
}  // namespace varve
