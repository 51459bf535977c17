#include "base/real/real_network.h"

#include <kj/debug.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace varve {

namespace {

// A peer whose machine is gone says nothing more: an idle connection is asked after half a minute and given up half a minute later, and so
// is one on which nothing that is sent arrives.
kj::Own<kj::AsyncIoStream> with_keepalive(kj::Own<kj::AsyncIoStream> stream) {
  struct Option {
    int level, name, value;
  };
  constexpr Option kOptions[] = {{SOL_SOCKET, SO_KEEPALIVE, 1},
                                 {IPPROTO_TCP, TCP_KEEPIDLE, 30},
                                 {IPPROTO_TCP, TCP_KEEPINTVL, 10},
                                 {IPPROTO_TCP, TCP_KEEPCNT, 3},
                                 {IPPROTO_TCP, TCP_USER_TIMEOUT, 60'000}};
  for (const Option& option : kOptions) {
    auto refused = kj::runCatchingExceptions([&] { stream->setsockopt(option.level, option.name, &option.value, sizeof(option.value)); });
    (void)refused;  // the connection serves without
  }
  return stream;
}

class RealListener final : public Listener {
 public:
  explicit RealListener(kj::Own<kj::ConnectionReceiver> receiver) : receiver_(kj::mv(receiver)) {}

  // Out of descriptors KJ throws at once, before there is a promise.
  kj::Promise<Accepted> accept() override {
    return kj::evalNow([this] { return receiver_->accept(); }).then([](kj::Own<kj::AsyncIoStream> stream) {
      return Accepted{with_keepalive(kj::mv(stream)), {}};
    });
  }
  unsigned port() const override { return receiver_->getPort(); }

 private:
  mutable kj::Own<kj::ConnectionReceiver> receiver_;
};

// The cause alone: who asked knows what for, and says so.
kj::Exception disconnected(const kj::Exception& cause) {
  return {kj::Exception::Type::DISCONNECTED, __FILE__, __LINE__, kj::str(cause.getDescription())};
}

}  // namespace

kj::Promise<kj::Own<kj::AsyncIoStream>> RealNetwork::connect(std::string address) {
  using Connected = kj::Promise<kj::Own<kj::AsyncIoStream>>;
  return network_.parseAddress(address.c_str())
      .then([](kj::Own<kj::NetworkAddress> parsed) {
        auto connecting = parsed->connect();
        return connecting.attach(kj::mv(parsed));
      })
      .then([](kj::Own<kj::AsyncIoStream> stream) { return with_keepalive(kj::mv(stream)); })
      .catch_([](kj::Exception&& cause) -> Connected { return disconnected(cause); });
}

kj::Promise<kj::Own<Listener>> RealNetwork::listen(std::string address) {
  using Listening = kj::Promise<kj::Own<Listener>>;
  return network_.parseAddress(address.c_str())
      .then([](kj::Own<kj::NetworkAddress> parsed) -> kj::Own<Listener> { return kj::heap<RealListener>(parsed->listen()); })
      .catch_([](kj::Exception&& cause) -> Listening { return disconnected(cause); });
}

}  // namespace varve
