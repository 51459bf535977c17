// The network as one host sees it: connections carry its name, and what it calls itself is itself.
#pragma once

#include "base/sim/sim_network.h"

namespace varve {

class SimHostNetwork final : public Network {
 public:
  SimHostNetwork(SimNetwork& network, std::string host) : network_(network), host_(std::move(host)) {}

  kj::Promise<kj::Own<kj::AsyncIoStream>> connect(std::string address) override;
  // All interfaces and the loopback are the host's name: there is one network only.
  kj::Promise<kj::Own<Listener>> listen(std::string address) override;

 private:
  std::string known_to_all(std::string address) const;

  SimNetwork& network_;
  std::string host_;
};

}  // namespace varve
