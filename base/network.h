// Seam to the network: ordered byte streams between named addresses.
#pragma once

#include <kj/async-io.h>
#include <kj/memory.h>

#include <string>

namespace varve {

// Who is at the other end, by the certificate that it showed.
class PeerIdentity {
 public:
  virtual ~PeerIdentity() noexcept(false) {}
  // True when the verified certificate is for this name (a DNS name; case does not matter).
  virtual bool has_name(const std::string& name) const = 0;
};

struct Accepted {
  kj::Own<kj::AsyncIoStream> stream;
  kj::Own<PeerIdentity> identity;  // null: a connection without certificates
};

class Listener {
 public:
  virtual ~Listener() noexcept(false) {}
  virtual kj::Promise<Accepted> accept() = 0;
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
