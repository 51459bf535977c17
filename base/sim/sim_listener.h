// The listener's end of the simulated network: what connects waits here until it is accepted.
#pragma once

#include <deque>
#include <string>

#include "base/network.h"

namespace varve {

class SimNetwork;

class SimListener final : public Listener {
 public:
  SimListener(SimNetwork& network, std::string host, std::string address, unsigned port);
  ~SimListener() noexcept(false) override;

  kj::Promise<Accepted> accept() override;
  unsigned port() const override { return port_; }

  const std::string& host() const { return host_; }
  void give(kj::Own<kj::AsyncIoStream> stream);
  // Held, it keeps what connects to itself.
  void set_held(bool held);
  // Its machine or process is gone: it never accepts again, and its address is free.
  void die();

 private:
  void hand_out();

  SimNetwork& network_;
  std::string host_;
  std::string address_;
  unsigned port_;
  bool held_ = false;
  bool dead_ = false;
  std::deque<kj::Own<kj::AsyncIoStream>> backlog_;
  std::deque<kj::Own<kj::PromiseFulfiller<Accepted>>> accepting_;
};

}  // namespace varve
