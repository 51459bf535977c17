// Three resource managers with a journal node each, in their own processes' threads, and no daemon anywhere.
#include "varve/embedded_node.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "base/bytes.h"
#include "base/real/real_seams.h"
#include "base/real/tls_network.h"
#include "journal/quorum_format.h"
#include "tests/ha/ledger_machine.h"
#include "tests/journalnode/certificates.h"
#include "tests/support/temp_directory.h"
#include "varve/engine.h"

namespace varve {
namespace {

using ::testing::HasSubstr;

EmbeddedNodeOptions node_in(const std::string& directory) {
  EmbeddedNodeOptions options;
  options.directory = directory;
  options.listen = "localhost:0";
  options.segment_bytes_max = 1u << 20;
  options.disk_reserve_bytes = 1u << 20;
  return options;
}

class EmbeddedNodeTest : public ::testing::Test {
 protected:
  struct Host {
    std::unique_ptr<EmbeddedNode> node;
    LedgerMachine state;
    std::unique_ptr<Engine> engine;
    unsigned port = 0;
  };

  // Again at the same port.
  void start_node(std::size_t index) {
    EmbeddedNodeOptions options = node_in(directory_.path("node" + std::to_string(index)));
    options.listen = "localhost:" + std::to_string(hosts_[index].port);
    if (certificates_ != nullptr) {
      options.tls = certificates_->files("localhost");
      options.writers = options.admins = {"rm1"};
      options.readers = {"rm1", "localhost"};
    }
    auto node = EmbeddedNode::start(options);
    ASSERT_TRUE(node) << node.error().text();
    hosts_[index].port = (*node)->port();
    hosts_[index].node = std::move(*node);
  }
  void start_nodes() {
    for (std::size_t i = 0; i < hosts_.size(); ++i) start_node(i);
  }
  void use_certificates() {
    certificates_ = std::make_unique<testing::Certificates>();
    certificates_->make("localhost", "localhost", "ca");
    client_ = certificates_->files("rm1");
  }
  std::string url() const {
    return "quorum://localhost:" + std::to_string(hosts_[0].port) + ",localhost:" + std::to_string(hosts_[1].port) +
           ",localhost:" + std::to_string(hosts_[2].port) + "/rm";
  }
  // What an administrator does once.
  void format() {
    RealSeams real;
    Seams seams = real.seams();
    kj::Own<TlsNetwork> tls;
    if (client_.any()) {
      auto opened = TlsNetwork::open(seams.network, seams.clock, client_, kTlsHandshakeMax, seams.log);
      ASSERT_TRUE(opened) << opened.error().text();
      tls = kj::mv(*opened);
    }
    kj::Promise<Result<Configuration>> formatting =
        format_quorum(tls.get() == nullptr ? seams : seams.over(*tls), *parse_journal_url(url()), {}, std::chrono::seconds(10));
    auto formatted = real.mailbox().run_until(kj::mv(formatting));
    ASSERT_TRUE(formatted) << formatted.error().text();
  }
  Result<std::unique_ptr<Engine>> try_open(std::size_t index, std::chrono::milliseconds patience = std::chrono::seconds(10)) {
    Options options;
    options.quorum_patience = patience;
    options.journal = url();
    options.image_directory = directory_.path("images" + std::to_string(index));
    options.segment_bytes_max = 1u << 20;
    options.tls = client_;
    return Engine::open(options, hosts_[index].state);
  }
  // The host that was elected.
  void open_engine(std::size_t index) {
    auto engine = try_open(index);
    ASSERT_TRUE(engine) << engine.error().text();
    hosts_[index].engine = std::move(*engine);
  }
  void commit(std::size_t index, int count) {
    for (int i = 0; i < count; ++i) {
      const std::string text = "transaction " + std::to_string(written_++);
      const auto done = hosts_[index].engine->submit(as_bytes(text)).get();
      ASSERT_TRUE(done) << done.error().text();
    }
  }
  void lose(std::size_t index) {
    hosts_[index].engine.reset();
    hosts_[index].node.reset();
  }

  TempDirectory directory_;
  std::unique_ptr<testing::Certificates> certificates_;
  TlsFiles client_;
  std::array<Host, 3> hosts_;
  int written_ = 0;
};

TEST_F(EmbeddedNodeTest, three_hosts_need_nothing_else_and_one_may_go) {
  start_nodes();
  format();
  open_engine(0);
  commit(0, 100);
  lose(0);
  open_engine(1);
  EXPECT_EQ(hosts_[1].state.entries().size(), 100u);
  commit(1, 50);
  start_node(0);
  lose(1);
  open_engine(2);
  EXPECT_EQ(hosts_[2].state.entries().size(), 150u);
  commit(2, 10);
}

TEST_F(EmbeddedNodeTest, the_engine_shows_its_certificate_and_reads_it_again_when_told) {
  use_certificates();
  start_nodes();
  format();
  open_engine(0);
  commit(0, 20);
  EXPECT_TRUE(hosts_[0].engine->reload_certificates());
  EXPECT_TRUE(hosts_[0].node->reload_certificates());
  certificates_->shell("echo nonsense > rm1.pem");
  EXPECT_FALSE(hosts_[0].engine->reload_certificates());
  commit(0, 20);
  lose(1);
  commit(0, 20);
}

TEST_F(EmbeddedNodeTest, an_engine_without_a_certificate_or_with_one_of_another_name_writes_nothing) {
  use_certificates();
  start_nodes();
  format();
  constexpr std::chrono::milliseconds kShort(300);
  client_ = {};
  EXPECT_FALSE(try_open(0, kShort));
  certificates_->make("stranger", "stranger", "ca");
  client_ = certificates_->files("stranger");
  EXPECT_FALSE(try_open(0, kShort));
}

TEST_F(EmbeddedNodeTest, keeps_its_directory_to_itself) {
  start_node(0);
  const auto second = EmbeddedNode::start(node_in(directory_.path("node0")));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code(), ErrorCode::kLocked) << second.error().text();
}

TEST_F(EmbeddedNodeTest, stops_once_and_says_what_it_cannot_do_then) {
  start_node(0);
  EXPECT_FALSE(hosts_[0].node->reload_certificates());
  EXPECT_TRUE(hosts_[0].node->stop());
  EXPECT_TRUE(hosts_[0].node->stop());
}

struct BadNode {
  const char* word;
  void (*set)(EmbeddedNodeOptions&);
};
class EmbeddedNodeRefuses : public ::testing::TestWithParam<BadNode> {};

TEST_P(EmbeddedNodeRefuses, a_wrong_option_by_name) {
  EmbeddedNodeOptions options = node_in("/tmp/varve-never");
  GetParam().set(options);
  const auto node = EmbeddedNode::start(options);
  ASSERT_FALSE(node);
  EXPECT_EQ(node.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(node.error().text(), HasSubstr(GetParam().word));
}

INSTANTIATE_TEST_SUITE_P(Each, EmbeddedNodeRefuses,
                         ::testing::Values(BadNode{"directory", [](EmbeddedNodeOptions& o) { o.directory = "here"; }},
                                           BadNode{"listen", [](EmbeddedNodeOptions& o) { o.listen = "localhost"; }},
                                           BadNode{"allow_insecure", [](EmbeddedNodeOptions& o) { o.listen = "*:8485"; }},
                                           BadNode{"tls", [](EmbeddedNodeOptions& o) { o.tls.key = "key.pem"; }},
                                           BadNode{"segment_bytes_max", [](EmbeddedNodeOptions& o) { o.segment_bytes_max = 1; }},
                                           BadNode{"mark_delay",
                                                   [](EmbeddedNodeOptions& o) { o.mark_delay = std::chrono::milliseconds(-1); }}));

}  // namespace
}  // namespace varve
