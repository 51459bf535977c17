// Seam to the network: ordered byte streams between named addresses.
#pragma once

#include <kj/async-io.h>

#include <string>

namespace varve {

class Listener {
 public:
  virtual ~Listener() noexcept(false) {}
  virtual kj::Promise<kj::Own<kj::AsyncIoStream>> accept() = 0;
  virtual unsigned port() const = 0;
};

// Addresses are "host:port". Failures are KJ exceptions of type DISCONNECTED.
class Network {
 public:
  virtual ~Network() noexcept(false) {}
  virtual kj::Promise<kj::Own<kj::AsyncIoStream>> connect(std::string address) = 0;
  virtual kj::Promise<kj::Own<Listener>> listen(std::string address) = 0;
};

}  // namespace varve
