// TLS over real sockets.
#include <gtest/gtest.h>

#include "base/real/real_seams.h"
#include "base/real/tls_network.h"
#include "tests/journalnode/certificates.h"

namespace varve {
namespace {

TEST(TlsSockets, carry_more_than_they_can_buffer_and_end_when_the_peer_goes) {
  const testing::Certificates certificates;
  certificates.make("here", "localhost", "ca");
  RealSeams real;
  const Seams seams = real.seams();
  auto opened = TlsNetwork::open(seams.network, seams.clock, certificates.files("here"), std::chrono::seconds(20), seams.log);
  auto& tls = *opened;
  auto& loop = real.mailbox();
  auto listener = loop.run_until(tls->listen("127.0.0.1:0"));
  auto accepting = listener->accept();
  auto client = loop.run_until(tls->connect(fmt::format("localhost:{}", listener->port())));
  Accepted accepted = loop.run_until(kj::mv(accepting));
  EXPECT_TRUE(accepted.identity->has_name("localhost"));
  const std::string sent(8u << 20, 'x');
  std::string received(sent.size(), '\0');
  auto writing = client->write(sent.data(), sent.size()).eagerlyEvaluate(nullptr);
  EXPECT_EQ(loop.run_until(accepted.stream->tryRead(received.data(), received.size(), received.size())), sent.size());
  loop.run_until(kj::mv(writing));
  EXPECT_TRUE(received == sent);
  client = nullptr;  // which has not read the server's session tickets: the kernel may say so by a reset
  auto ended = accepted.stream->tryRead(received.data(), 1, 1).catch_([](kj::Exception&&) { return std::size_t{0}; });
  EXPECT_EQ(loop.run_until(kj::mv(ended)), 0u);
}

}  // namespace
}  // namespace varve
