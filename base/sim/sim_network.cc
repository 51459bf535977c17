#include "base/sim/sim_network.h"

#include <fmt/format.h>
#include <kj/debug.h>

#include <algorithm>
#include <deque>

#include "base/check.h"
#include "base/sim/sim_pipe.h"

namespace varve {

// Two pipes between a client and a listener's address; held by both ends' streams.
class SimConnection final : public kj::Refcounted {
 public:
  SimConnection(SimNetwork& network, std::string address)
      : network_(network),
        address_(std::move(address)),
        to_server_(kj::refcounted<SimPipe>(network.clock_)),
        to_client_(kj::refcounted<SimPipe>(network.clock_)) {
    network_.connections_.push_back(this);
  }
  ~SimConnection() noexcept(false) { std::erase(network_.connections_, this); }

  const std::string& address() const { return address_; }
  SimPipe& to_server() { return *to_server_; }
  SimPipe& to_client() { return *to_client_; }
  void break_off() {
    to_server_->break_off();
    to_client_->break_off();
  }
  void send(SimPipe& pipe, std::string bytes) {
    network_.trace_.add(address_, bytes.size(), &pipe == to_server_.get() ? 1 : 2);
    if (!network_.is_blocked(address_)) pipe.write(std::move(bytes), network_.draw_delay());
  }
  void end(SimPipe& pipe) {
    if (!network_.is_blocked(address_)) pipe.end(network_.draw_delay());
  }

 private:
  SimNetwork& network_;
  std::string address_;
  kj::Own<SimPipe> to_server_;
  kj::Own<SimPipe> to_client_;
};

namespace {

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wnon-virtual-dtor"  // kj::AsyncIoStream has no virtual destructor; kj::Own knows what to destroy

// One end. Its destructor ends what it sends and breaks what it would have received.
class SimStream final : public kj::AsyncIoStream {
 public:
  SimStream(kj::Own<SimConnection> connection, SimPipe& in, SimPipe& out) : connection_(kj::mv(connection)), in_(in), out_(out) {}
  ~SimStream() noexcept(false) {
    if (!ended_) connection_->end(out_);
    in_.break_off();
  }

  kj::Promise<std::size_t> tryRead(void* buffer, std::size_t min_bytes, std::size_t max_bytes) override {
    return in_.read(buffer, min_bytes, max_bytes);
  }
  kj::Promise<void> write(const void* buffer, std::size_t size) override {
    connection_->send(out_, std::string(static_cast<const char*>(buffer), size));
    return kj::READY_NOW;
  }
  kj::Promise<void> write(kj::ArrayPtr<const kj::ArrayPtr<const kj::byte>> pieces) override {
    std::string bytes;
    for (auto piece : pieces) bytes.append(reinterpret_cast<const char*>(piece.begin()), piece.size());
    connection_->send(out_, std::move(bytes));
    return kj::READY_NOW;
  }
  kj::Promise<void> whenWriteDisconnected() override { return out_.when_broken(); }
  void shutdownWrite() override {
    ended_ = true;
    connection_->end(out_);
  }

 private:
  kj::Own<SimConnection> connection_;
  SimPipe& in_;
  SimPipe& out_;
  bool ended_ = false;
};

#pragma GCC diagnostic pop

kj::Exception refused(const std::string& address, kj::StringPtr why) {
  return KJ_EXCEPTION(DISCONNECTED, "connecting", address.c_str(), why);
}

}  // namespace

class SimListener final : public Listener {
 public:
  SimListener(SimNetwork& network, std::string address, unsigned port) : network_(network), address_(std::move(address)), port_(port) {
    network_.listeners_.emplace(address_, this);
  }
  ~SimListener() noexcept(false) override { network_.listeners_.erase(address_); }

  kj::Promise<Accepted> accept() override {
    if (!backlog_.empty()) {
      Accepted accepted{kj::mv(backlog_.front()), {}};
      backlog_.pop_front();
      return kj::mv(accepted);
    }
    auto paf = kj::newPromiseAndFulfiller<Accepted>();
    accepting_.push_back(kj::mv(paf.fulfiller));
    return kj::mv(paf.promise);
  }
  unsigned port() const override { return port_; }

  void give(kj::Own<kj::AsyncIoStream> stream) {
    while (!accepting_.empty()) {
      auto fulfiller = kj::mv(accepting_.front());
      accepting_.pop_front();
      if (!fulfiller->isWaiting()) continue;
      fulfiller->fulfill(Accepted{kj::mv(stream), {}});
      return;
    }
    backlog_.push_back(kj::mv(stream));
  }

 private:
  SimNetwork& network_;
  std::string address_;
  unsigned port_;
  std::deque<kj::Own<kj::AsyncIoStream>> backlog_;
  std::deque<kj::Own<kj::PromiseFulfiller<Accepted>>> accepting_;
};

SimNetwork::SimNetwork(Clock& clock, SimTrace& trace, std::uint64_t seed) : clock_(clock), trace_(trace), random_(seed) {}
SimNetwork::~SimNetwork() noexcept(false) {
  CHECK(connections_.empty() && listeners_.empty(), connections_.size(), listeners_.size());
}

std::chrono::nanoseconds SimNetwork::draw_delay() {
  auto span = static_cast<std::uint64_t>((delay_.longest - delay_.shortest).count());
  return delay_.shortest + std::chrono::nanoseconds(random_.below(span + 1));
}

kj::Promise<kj::Own<kj::AsyncIoStream>> SimNetwork::connect(std::string address) {
  return clock_.after(draw_delay()).then([this, address = std::move(address)]() -> kj::Promise<kj::Own<kj::AsyncIoStream>> {
    if (is_blocked(address)) return kj::NEVER_DONE;
    auto listener = listeners_.find(address);
    if (cut_.contains(address)) return refused(address, "the network is cut");
    if (listener == listeners_.end()) return refused(address, "nobody listens");
    kj::Own<SimConnection> connection = kj::refcounted<SimConnection>(*this, address);
    SimPipe& to_server = connection->to_server();
    SimPipe& to_client = connection->to_client();
    listener->second->give(kj::heap<SimStream>(kj::addRef(*connection), to_server, to_client));
    kj::Own<kj::AsyncIoStream> client = kj::heap<SimStream>(kj::mv(connection), to_client, to_server);
    return kj::mv(client);
  });
}

kj::Promise<kj::Own<Listener>> SimNetwork::listen(std::string address) {
  std::size_t colon = address.rfind(':');
  if (colon == std::string::npos) return KJ_EXCEPTION(DISCONNECTED, "listening: the address has no port", address.c_str());
  auto port = static_cast<unsigned>(std::strtoul(address.c_str() + colon + 1, nullptr, 10));
  if (port == 0) {
    port = next_port_++;
    address = fmt::format("{}:{}", address.substr(0, colon), port);
  }
  if (listeners_.contains(address)) return KJ_EXCEPTION(DISCONNECTED, "listening: the address is in use", address.c_str());
  kj::Own<Listener> listener = kj::heap<SimListener>(*this, std::move(address), port);
  return kj::mv(listener);
}

void SimNetwork::cut(const std::string& address) {
  cut_.insert(address);
  std::vector<SimConnection*> all = connections_;
  for (SimConnection* connection : all)
    if (connection->address() == address) connection->break_off();
}

void SimNetwork::mend(const std::string& address) {
  cut_.erase(address);
  blocked_.erase(address);
}

}  // namespace varve
