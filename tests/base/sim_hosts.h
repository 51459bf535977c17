// Hosts on a simulated network and connections between them, in verbs.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>

#include "base/sim/sim_world.h"

namespace varve {

class SimHosts : public testing::Test {
 protected:
  struct Pair {
    kj::Own<kj::AsyncIoStream> client;
    kj::Own<kj::AsyncIoStream> server;
  };

  explicit SimHosts(std::uint64_t seed = 1) : world_(seed) {}
  ~SimHosts() noexcept override {}

  kj::Own<Listener> listen(const std::string& host) { return world_.wait(network_.listen_at(host, host + ":1")); }
  Pair connect(const std::string& from, const std::string& to, Listener& listener) {
    Pair pair;
    pair.client = world_.wait(network_.connect_from(from, to + ":1"));
    pair.server = world_.wait(listener.accept()).stream;
    return pair;
  }
  void send(kj::AsyncIoStream& stream, std::string_view text) { world_.wait(stream.write(text.data(), text.size())); }
  std::string receive(kj::AsyncIoStream& stream, std::size_t bytes) {
    std::string text(bytes, '?');
    text.resize(world_.wait(stream.tryRead(text.data(), bytes, bytes)));
    return text;
  }
  // nullopt: not all of it in this time.
  std::optional<std::string> receive_within(std::chrono::nanoseconds time, kj::AsyncIoStream& stream, std::size_t bytes) {
    std::string text(bytes, '?');
    auto reading = stream.tryRead(text.data(), bytes, bytes);
    world_.run_for(time);
    if (!reading.poll(world_.scope())) return std::nullopt;
    text.resize(world_.wait(kj::mv(reading)));
    return text;
  }
  bool is_disconnected(kj::Promise<std::size_t> promise) {
    return world_.wait(promise.then([](std::size_t) { return false; },
                                    [](const kj::Exception& error) { return error.getType() == kj::Exception::Type::DISCONNECTED; }));
  }
  // The stream's next read fails.
  bool is_broken(kj::AsyncIoStream& stream) { return is_disconnected(stream.tryRead(&scratch_, 1, 1)); }
  bool can_connect(const std::string& from, const std::string& to) {
    auto connecting = network_.connect_from(from, to + ":1").then([](auto&&) { return true; }, [](kj::Exception&&) { return false; });
    world_.run_for(std::chrono::minutes(1));
    return connecting.poll(world_.scope()) && world_.wait(kj::mv(connecting));
  }

  SimWorld world_;
  SimNetwork& network_ = world_.network();
  char scratch_ = 0;
};

}  // namespace varve
