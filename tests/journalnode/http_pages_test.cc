// The requests themselves, in the process; http_server_test.cc has the network.
#include "tools/journalnode/http_pages.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "base/sim/sim_world.h"
#include "tests/journalnode/status_samples.h"

namespace varve {
namespace {

using ::testing::HasSubstr;

struct Answered {
  unsigned code = 0;
  std::string type;
  std::string body;
};

class HttpPagesTest : public ::testing::Test {
 public:
  ~HttpPagesTest() noexcept override {}

 protected:
  Answered ask(const std::string& url, kj::HttpMethod method = kj::HttpMethod::GET, const std::string& body = "") {
    const kj::HttpHeaders headers(pages_.headers());
    auto request = client_->request(method, url.c_str(), headers, body.size());
    // Nobody may ever read it.
    const auto writing = request.body->write(body.data(), body.size()).eagerlyEvaluate([](kj::Exception&&) {});
    auto response = request.response.wait(world_.scope());
    Answered answered{.code = response.statusCode};
    KJ_IF_MAYBE (type, response.headers->get(kj::HttpHeaderId::CONTENT_TYPE)) answered.type = type->cStr();
    answered.body = response.body->readAllText().wait(world_.scope()).cStr();
    return answered;
  }

  SimWorld world_;
  NodeStatus node_ = testing::well_node();
  bool node_answers_ = true;
  HttpPages pages_{world_.clock(),
                   {.status = [this]() -> kj::Promise<NodeStatus> {
                      if (!node_answers_) return kj::NEVER_DONE;
                      return node_;
                    },
                    .process = [] { return ProcessFacts{.cpu_us = 1, .resident_bytes = 2, .open_files = 3}; }}};
  kj::Own<kj::HttpClient> client_ = kj::newHttpClient(pages_);
};

TEST_F(HttpPagesTest, serve_status_metrics_and_the_page) {
  const Answered status = ask("/status");
  EXPECT_EQ(status.code, 200u);
  EXPECT_EQ(status.type, "application/json");
  EXPECT_EQ(nlohmann::json::parse(status.body)["journals"].size(), 2u);
  EXPECT_THAT(ask("/metrics").body, HasSubstr("varve_journal_end_txid{journal=\"rm2\"} 1234567\n"));
  EXPECT_EQ(ask("/metrics").type, "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(ask("/").type, "text/html; charset=utf-8");
  EXPECT_THAT(ask("/").body, HasSubstr("<!doctype html>"));
}

TEST_F(HttpPagesTest, pass_over_what_follows_a_question_mark) {
  EXPECT_EQ(ask("/healthz?full=1").code, 200u);
  EXPECT_EQ(ask("/?").code, 200u);
}

TEST_F(HttpPagesTest, are_ready_and_healthy_when_all_is_well) {
  EXPECT_EQ(ask("/healthz").body, "ok\n");
  EXPECT_EQ(ask("/readyz").body, "ok\n");
}

TEST_F(HttpPagesTest, give_one_line_for_each_reason_not_to_be_ready) {
  node_ = testing::damaged_node();
  const Answered answered = ask("/readyz");
  EXPECT_EQ(answered.code, 503u);
  EXPECT_EQ(std::count(answered.body.begin(), answered.body.end(), '\n'), 2);
  EXPECT_EQ(ask("/healthz").code, 200u);
}

TEST_F(HttpPagesTest, are_not_healthy_when_a_log_has_failed) {
  node_.journals[0].failure = "syncing edits_inprogress_0000000000000000001: EIO";
  EXPECT_EQ(ask("/healthz").code, 503u);
  EXPECT_EQ(ask("/healthz").body, "journal rm1: takes nothing more: syncing edits_inprogress_0000000000000000001: EIO\n");
}

TEST_F(HttpPagesTest, say_when_the_node_does_not_answer) {
  node_answers_ = false;
  for (const char* url : {"/status", "/metrics", "/healthz", "/readyz"}) {
    const Answered answered = ask(url);
    EXPECT_EQ(answered.code, 503u);
    EXPECT_EQ(answered.body, "the node does not answer: no status within 5 s\n");
  }
  EXPECT_EQ(ask("/").code, 200u);
  EXPECT_EQ(world_.clock().now(), std::chrono::seconds(20));
}

TEST_F(HttpPagesTest, take_nothing_but_get) {
  for (const kj::HttpMethod method : {kj::HttpMethod::HEAD, kj::HttpMethod::POST, kj::HttpMethod::PUT, kj::HttpMethod::DELETE,
                                      kj::HttpMethod::OPTIONS, kj::HttpMethod::PROPFIND}) {
    EXPECT_EQ(ask("/status", method).code, 405u);
  }
  EXPECT_EQ(ask("/status", kj::HttpMethod::POST, "drop everything").code, 405u);
}

TEST_F(HttpPagesTest, refuse_a_body) {
  EXPECT_EQ(ask("/status", kj::HttpMethod::GET, "x").code, 400u);
}

TEST_F(HttpPagesTest, know_no_other_paths) {
  for (const char* url : {"/x", "/status/", "//status", "/../status", "/metrics%20", "status", "http://h/status"}) {
    EXPECT_EQ(ask(url).code, 404u) << url;
  }
}

}  // namespace
}  // namespace varve
