// TCP.
#pragma once

#include "base/network.h"

namespace varve {

class RealNetwork final : public Network {
 public:
  explicit RealNetwork(kj::Network& network) : network_(network) {}

  kj::Promise<kj::Own<kj::AsyncIoStream>> connect(std::string address) override;
  kj::Promise<kj::Own<Listener>> listen(std::string address) override;

 private:
  kj::Network& network_;
};

}  // namespace varve
