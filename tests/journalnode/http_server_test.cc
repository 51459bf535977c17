#include "tools/journalnode/http_server.h"

#include <gmock/gmock.h>

#include <deque>

#include "base/sim/sim_world.h"
#include "tests/journalnode/status_samples.h"

namespace varve {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr char kAddress[] = "j1:8480";
constexpr char kGetStatus[] = "GET /status HTTP/1.1\r\nHost: j1\r\n\r\n";

// A network whose listeners fail to accept now and then.
class FlakyNetwork final : public Network {
 public:
  explicit FlakyNetwork(Network& network) : network_(network) {}
  kj::Promise<kj::Own<kj::AsyncIoStream>> connect(std::string address) override { return network_.connect(std::move(address)); }
  kj::Promise<kj::Own<Listener>> listen(std::string address) override {
    return network_.listen(std::move(address)).then([this](kj::Own<Listener> inner) -> kj::Own<Listener> {
      return kj::heap<FlakyListener>(kj::mv(inner), failures);
    });
  }

  unsigned failures = 0;

 private:
  class FlakyListener final : public Listener {
   public:
    FlakyListener(kj::Own<Listener> inner, unsigned& failures) : inner_(kj::mv(inner)), failures_(failures) {}
    kj::Promise<Accepted> accept() override {
      if (failures_ == 0) return inner_->accept();
      --failures_;
      return KJ_EXCEPTION(FAILED, "too many open files");
    }
    unsigned port() const override { return inner_->port(); }

   private:
    kj::Own<Listener> inner_;
    unsigned& failures_;
  };

  Network& network_;
};

class HttpServerTest : public ::testing::Test {
 public:
  ~HttpServerTest() noexcept override {}

 protected:
  void start() { server_ = world_.wait(HttpServer::open(network_, world_.clock(), kAddress, pages_, seams_.log)); }

  kj::Own<kj::AsyncIoStream> connect() { return world_.wait(network_.connect(kAddress)); }
  // All that arrives until the server closes, or says no more for a second.
  std::string read_some(kj::AsyncIoStream& stream) {
    std::string text(1u << 20, '\0');
    auto reading = stream.tryRead(text.data(), text.size(), text.size());
    std::size_t length = 0;
    auto finished = reading.then([&length](std::size_t read) { length = read; }, [](kj::Exception&&) {})
                        .exclusiveJoin(world_.clock().after(std::chrono::seconds(1)));
    world_.wait(kj::mv(finished));
    return text.c_str();
  }
  std::string exchange(kj::AsyncIoStream& stream, const std::string& request) {
    // The server may have gone before it has all.
    world_.wait(stream.write(request.data(), request.size()).catch_([](kj::Exception&&) {}));
    return read_some(stream);
  }
  bool has_ended(kj::AsyncIoStream& stream) {
    char byte = 0;
    auto ended = stream.tryRead(&byte, 1, 1).then([](std::size_t read) { return read == 0; }, [](kj::Exception&&) { return true; });
    return world_.wait(ended.exclusiveJoin(world_.clock().after(std::chrono::milliseconds(10)).then([] { return false; })));
  }

  SimWorld world_;
  Seams seams_ = world_.seams();
  FlakyNetwork network_{world_.network()};
  HttpPages pages_{world_.clock(),
                   {.status = []() -> kj::Promise<NodeStatus> { return testing::well_node(); }, .process = [] { return ProcessFacts(); }}};
  kj::Own<HttpServer> server_;
};

TEST_F(HttpServerTest, answers_several_requests_on_one_connection) {
  start();
  auto stream = connect();
  for (int i = 0; i < 3; ++i) EXPECT_THAT(exchange(*stream, kGetStatus), StartsWith("HTTP/1.1 200 OK\r\n"));
}

TEST_F(HttpServerTest, refuses_bytes_that_are_no_http_and_lives_on) {
  start();
  for (const std::string& bytes :
       {std::string(3, '\0'), std::string("\x16\x03\x01\x02"), std::string("GET\r\n\r\n"),
        std::string("GET / HTTP/1.1\r\nno colon\r\n\r\n"), std::string("POST /status HTTP/1.1\r\nContent-Length: -5\r\n\r\n")}) {
    auto stream = connect();
    EXPECT_THAT(exchange(*stream, bytes), ::testing::AnyOf("", StartsWith("HTTP/1.1 4"), StartsWith("HTTP/1.1 5")));
    EXPECT_THAT(exchange(*connect(), kGetStatus), StartsWith("HTTP/1.1 200 OK\r\n"));
  }
}

TEST_F(HttpServerTest, refuses_a_request_that_never_ends) {
  start();
  auto stream = connect();
  const std::string answer = exchange(*stream, "GET / HTTP/1.1\r\nX: " + std::string(1u << 20, 'x'));
  EXPECT_THAT(answer, ::testing::AnyOf("", StartsWith("HTTP/1.1 4")));
}

TEST_F(HttpServerTest, ends_connections_that_say_nothing) {
  start();
  auto silent = connect();
  auto half = connect();
  world_.wait(half->write(kGetStatus, 10));
  world_.run_for(std::chrono::seconds(6));
  read_some(*half);
  EXPECT_TRUE(has_ended(*half));
  EXPECT_TRUE(has_ended(*silent));
}

TEST_F(HttpServerTest, serves_a_bounded_number_and_recovers_when_they_go) {
  start();
  std::deque<kj::Own<kj::AsyncIoStream>> streams;
  for (int i = 0; i < 64; ++i) streams.push_back(connect());
  world_.run_ready();
  EXPECT_TRUE(has_ended(*connect()));
  streams.clear();
  world_.run_ready();
  EXPECT_THAT(exchange(*connect(), kGetStatus), StartsWith("HTTP/1.1 200 OK\r\n"));
}

// A stream that takes no bytes, as of a client that does not read.
TEST_F(HttpServerTest, ends_connections_of_clients_that_do_not_read) {
  auto pipe = kj::newTwoWayPipe();
  ClockTimer timer(world_.clock());
  kj::HttpServer server(timer, pages_.headers(), pages_);
  auto serving = server.listenHttp(kj::mv(pipe.ends[0])).catch_([](kj::Exception&&) {});
  const std::string request = "GET / HTTP/1.1\r\nHost: j1\r\n\r\n";
  auto asking = pipe.ends[1]->write(request.data(), request.size()).eagerlyEvaluate([](kj::Exception&&) {});
  EXPECT_FALSE(serving.poll(world_.scope()));
  world_.run_for(std::chrono::seconds(16));
  EXPECT_TRUE(serving.poll(world_.scope()));
}

TEST_F(HttpServerTest, goes_on_when_accepting_fails) {
  network_.failures = 3;
  start();
  EXPECT_THAT(exchange(*connect(), kGetStatus), StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_TRUE(world_.log_contains("too many open files"));
}

TEST_F(HttpServerTest, shows_pages_that_load_nothing_from_elsewhere) {
  start();
  const std::string answer = exchange(*connect(), "GET / HTTP/1.1\r\nHost: j1\r\n\r\n");
  EXPECT_THAT(answer, HasSubstr("default-src 'none'"));
  for (const char* outside : {"https://", "src=", "@import", "url("}) {
    EXPECT_EQ(answer.substr(answer.find("\r\n\r\n")).find(outside), answer.npos) << outside;
  }
}

}  // namespace
}  // namespace varve
