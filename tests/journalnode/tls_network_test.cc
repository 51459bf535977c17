// TLS over the simulated network: what OpenSSL draws is random, when things happen is not.
#include "base/real/tls_network.h"

#include <gmock/gmock.h>

#include <deque>
#include <fstream>

#include "base/sim/sim_world.h"
#include "tests/journalnode/certificates.h"

namespace varve {
namespace {

using ::testing::HasSubstr;

constexpr char kAddress[] = "j1:8485";

class TlsNetworkTest : public ::testing::Test {
 public:
  ~TlsNetworkTest() noexcept override {}

 protected:
  // One for all cases: making keys takes time.
  static void SetUpTestSuite() { certificates_ = new testing::Certificates; }
  static void TearDownTestSuite() { delete certificates_; }
  static const testing::Certificates& certificates() { return *certificates_; }

  kj::Own<TlsNetwork> open(TlsFiles files) {
    auto opened = TlsNetwork::open(world_.network(), world_.clock(), std::move(files), std::chrono::seconds(5), seams_.log);
    CHECK(opened.has_value(), opened.error().text());
    return std::move(*opened);
  }
  std::string refused_files(TlsFiles files) {
    const auto opened = TlsNetwork::open(world_.network(), world_.clock(), std::move(files), std::chrono::seconds(5), seams_.log);
    return opened ? "taken" : opened.error().text();
  }
  void listen(const std::string& address = kAddress) { listener_ = world_.wait(server_->listen(address)); }

  // A connection is good when the server lets bytes of it through.
  bool reaches_server(Network& client, const std::string& address = kAddress) {
    try {
      auto stream = world_.wait(client.connect(address));
      return carries_bytes(*stream);
    } catch (const kj::Exception& error) {
      EXPECT_EQ(error.getType(), kj::Exception::Type::DISCONNECTED);
      problem_ = error.getDescription().cStr();
      return false;
    }
  }
  bool carries_bytes(kj::AsyncIoStream& stream) {
    auto accepting = listener_->accept().then([this](Accepted accepted) {
      accepted_ = kj::mv(accepted);
      return true;
    });
    const auto second = [this] { return world_.clock().after(std::chrono::seconds(1)).then([] { return false; }); };
    if (!world_.wait(accepting.exclusiveJoin(second()))) return false;
    char bytes[5] = {};
    auto writing = stream.write("hello", 5).eagerlyEvaluate([](kj::Exception&&) {});
    auto reading = accepted_.stream->tryRead(bytes, 5, 5).then([](std::size_t read) { return read == 5; });
    return world_.wait(reading.exclusiveJoin(second())) && std::string(bytes, 5) == "hello";
  }

  SimWorld world_;
  Seams seams_ = world_.seams();
  kj::Own<TlsNetwork> server_ = open(certificates().files("j1"));
  kj::Own<TlsNetwork> client_ = open(certificates().files("rm1"));
  kj::Own<Listener> listener_;
  Accepted accepted_;
  std::string problem_;

 private:
  static const testing::Certificates* certificates_;
};

const testing::Certificates* TlsNetworkTest::certificates_ = nullptr;

TEST_F(TlsNetworkTest, carries_bytes_and_tells_who_is_there) {
  listen();
  ASSERT_TRUE(reaches_server(*client_)) << problem_;
  EXPECT_TRUE(accepted_.identity->has_name("rm1"));
  EXPECT_TRUE(accepted_.identity->has_name("RM1"));
  for (const char* name : {"rm2", "rm", "rm11", "somebody", "j1", "", ".", ".rm1", "*"})
    EXPECT_FALSE(accepted_.identity->has_name(name)) << name;
}

TEST_F(TlsNetworkTest, takes_a_leading_dot_for_no_family_of_names) {
  certificates().make("deep", "rm1.example.com", "ca");
  listen();
  ASSERT_TRUE(reaches_server(*open(certificates().files("deep"))));
  EXPECT_TRUE(accepted_.identity->has_name("rm1.example.com"));
  EXPECT_FALSE(accepted_.identity->has_name(".example.com"));
}

TEST_F(TlsNetworkTest, refuses_a_client_without_a_certificate) {
  listen();
  std::string authority;
  std::getline(std::ifstream(certificates().path("ca.pem")), authority, '\0');
  const kj::TlsCertificate trusted(authority.c_str());
  kj::TlsContext::Options options;
  options.useSystemTrustStore = false;
  options.trustedCertificates = kj::arrayPtr(&trusted, 1);
  kj::TlsContext nameless(options);
  auto plain = world_.wait(world_.network().connect(kAddress));
  auto stream = world_.wait(nameless.wrapClient(kj::mv(plain), "j1"));  // TLS 1.3: the client does not know yet
  EXPECT_FALSE(carries_bytes(*stream));
  EXPECT_EQ(server_->refused(), 1u);
  EXPECT_TRUE(world_.log_contains("peer did not return a certificate"));
}

TEST_F(TlsNetworkTest, refuses_a_client_of_another_authority) {
  certificates().make("stranger", "rm1", "other");
  listen();
  EXPECT_FALSE(reaches_server(*open(certificates().files("stranger"))));
  EXPECT_EQ(server_->refused(), 1u);
}

TEST_F(TlsNetworkTest, refuses_a_client_whose_time_is_over) {
  certificates().make("old", "rm1", "ca", -1);
  listen();
  EXPECT_FALSE(reaches_server(*open(certificates().files("old"))));
  EXPECT_TRUE(world_.log_contains("certificate"));
}

TEST_F(TlsNetworkTest, believes_no_server_of_another_authority_another_name_or_another_time) {
  certificates().make("false_j1", "j1", "other");
  certificates().make("old_j1", "j1", "ca", -1);
  certificates().make("j2", "j2", "ca");
  for (const char* name : {"false_j1", "old_j1", "j2"}) {
    server_ = open(certificates().files(name));
    listen();
    EXPECT_FALSE(reaches_server(*client_)) << name;
    EXPECT_THAT(problem_, HasSubstr("connecting to j1:8485 by TLS: ")) << name;
    listener_ = nullptr;
  }
}

TEST_F(TlsNetworkTest, checks_names_so_connects_to_names_only) {
  for (const char* address : {"127.0.0.1:8485", "[::1]:8485", "::1:8485", ":8485"}) {
    EXPECT_FALSE(reaches_server(*client_, address));
    EXPECT_THAT(problem_, HasSubstr("expected a host name"));
  }
}

TEST_F(TlsNetworkTest, ends_a_connection_that_speaks_no_tls_and_goes_on) {
  listen();
  for (const std::string& bytes :
       {std::string("GET / HTTP/1.1\r\n\r\n"), std::string(1000, '\0'), std::string("\x16\x03\x01\xff\xff\x01", 6)}) {
    auto plain = world_.wait(world_.network().connect(kAddress));
    world_.wait(plain->write(bytes.data(), bytes.size()));
    EXPECT_TRUE(reaches_server(*client_)) << problem_;
  }
  world_.run_for(std::chrono::seconds(6));
  EXPECT_EQ(server_->refused(), 3u);
}

TEST_F(TlsNetworkTest, lets_others_in_while_some_stall_and_ends_those_in_time) {
  listen();
  std::deque<kj::Own<kj::AsyncIoStream>> stalled;
  for (int i = 0; i < 10; ++i) stalled.push_back(world_.wait(world_.network().connect(kAddress)));
  EXPECT_TRUE(reaches_server(*client_)) << problem_;
  EXPECT_EQ(server_->refused(), 0u);
  world_.run_for(std::chrono::seconds(6));
  EXPECT_EQ(server_->refused(), 10u);
  EXPECT_TRUE(world_.log_contains("no TLS handshake within 5000 ms"));
}

TEST_F(TlsNetworkTest, gives_up_the_oldest_of_too_many_handshakes) {
  listen();
  std::deque<kj::Own<kj::AsyncIoStream>> stalled;
  for (int i = 0; i < 64 + 7; ++i) stalled.push_back(world_.wait(world_.network().connect(kAddress)));
  world_.run_ready();
  EXPECT_EQ(server_->refused(), 7u);
  EXPECT_TRUE(reaches_server(*client_)) << problem_;
}

TEST_F(TlsNetworkTest, waits_for_no_server_that_stalls) {
  auto silent = world_.wait(world_.network().listen(kAddress));
  EXPECT_FALSE(reaches_server(*client_));
  EXPECT_THAT(problem_, HasSubstr("no TLS handshake within 5000 ms"));
}

TEST_F(TlsNetworkTest, logs_a_flood_of_strangers_in_few_lines) {
  listen();
  for (int i = 0; i < 100; ++i) {
    auto plain = world_.wait(world_.network().connect(kAddress));
    world_.wait(plain->write("nonsense, not TLS", 17));
    world_.run_for(std::chrono::milliseconds(20));
  }
  EXPECT_EQ(server_->refused(), 100u);
  EXPECT_LE(world_.log_lines().size(), 4u);
}

TEST_F(TlsNetworkTest, reloads_for_new_connections_and_keeps_the_old_ones) {
  certificates().make("moving", "j1", "ca");
  server_ = open(certificates().files("moving"));
  listen();
  auto old = world_.wait(client_->connect(kAddress));
  ASSERT_TRUE(carries_bytes(*old));
  auto old_end = kj::mv(accepted_);
  certificates().make("moving", "j1", "other");
  ASSERT_TRUE(server_->reload());
  EXPECT_FALSE(reaches_server(*client_));
  world_.wait(old->write("still", 5));
  char bytes[5];
  EXPECT_EQ(world_.wait(old_end.stream->tryRead(bytes, 5, 5)), 5u);
}

TEST_F(TlsNetworkTest, stays_as_it_was_when_reloading_fails) {
  certificates().make("spoilt", "j1", "ca");
  server_ = open(certificates().files("spoilt"));
  listen();
  certificates().shell("echo nonsense > spoilt.pem");
  const auto reloaded = server_->reload();
  ASSERT_FALSE(reloaded);
  EXPECT_THAT(reloaded.error().text(), HasSubstr("spoilt.pem: expected a certificate in PEM"));
  EXPECT_TRUE(reaches_server(*client_)) << problem_;
}

TEST_F(TlsNetworkTest, believes_each_of_several_authorities) {
  certificates().make("guest", "rm1", "other");
  certificates().shell("cat ca.pem other.pem > both.pem");
  server_ = open(certificates().files("j1", "both"));
  listen();
  EXPECT_TRUE(reaches_server(*client_)) << problem_;
  EXPECT_TRUE(reaches_server(*open(certificates().files("guest")))) << problem_;
}

TEST_F(TlsNetworkTest, takes_a_chain_through_an_authority_between) {
  certificates().shell(
      "openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=between -addext basicConstraints=critical,CA:true "
      "-keyout between.key -out between.csr");
  certificates().openssl(
      "x509 -req -in between.csr -copy_extensions copy -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -out between.pem");
  certificates().make("far", "rm1", "between");
  certificates().shell("cat between.pem >> far.pem");
  listen();
  EXPECT_TRUE(reaches_server(*open(certificates().files("far")))) << problem_;
}

TEST_F(TlsNetworkTest, names_the_file_that_is_wrong) {
  const TlsFiles good = certificates().files("j1");
  const auto with = [&good](auto change) {
    TlsFiles files = good;
    change(files);
    return files;
  };
  certificates().shell("openssl ec -aes128 -passout pass:secret -in j1.key -out locked.key; head -c 100 j1.pem > cut.pem; : > empty.pem");
  const auto path = [](const char* name) { return certificates().path(name); };
  EXPECT_THAT(refused_files(with([&](TlsFiles& f) { f.certificate = path("absent"); })),
              HasSubstr("absent: expected PEM, found No such file"));
  EXPECT_THAT(refused_files(with([&](TlsFiles& f) { f.certificate = path("cut.pem"); })), HasSubstr("cut.pem: expected a certificate"));
  EXPECT_THAT(refused_files(with([&](TlsFiles& f) { f.key = path("empty.pem"); })), HasSubstr("empty.pem: expected PEM"));
  EXPECT_THAT(refused_files(with([&](TlsFiles& f) { f.key = path("rm1.key"); })), HasSubstr("rm1.key: expected the key of "));
  EXPECT_THAT(refused_files(with([&](TlsFiles& f) { f.key = path("locked.key"); })),
              HasSubstr("locked.key: expected a private key in PEM, not encrypted"));
  EXPECT_THAT(refused_files(with([&](TlsFiles& f) { f.authorities = path("j1.key"); })),
              HasSubstr("j1.key: expected certificates in PEM, found none"));
  EXPECT_THAT(refused_files(with([&](TlsFiles& f) { f.authorities = path(""); })), HasSubstr("expected PEM"));
}

}  // namespace
}  // namespace varve
