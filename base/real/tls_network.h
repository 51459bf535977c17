// A network whose every connection is TLS, both ends with certificates that one of the given authorities signed.
//
// Owns:    the certificates; each connection keeps those that it began with.
// Threads: the event loop's. Must outlive its listeners and the connections being made.
// Names:   connect() takes host names only, because the server's certificate is checked for the name; an IP address has none.
// Traps:   under TLS 1.3 connect() succeeds before the server has looked at our certificate: who is refused learns it from the first
//          read. The end of the stream may be an attacker's: what is read must say by itself where it ends.
#pragma once

#include <kj/compat/tls.h>

#include <chrono>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/network.h"
#include "varve/error.h"
#include "varve/log_sink.h"
#include "varve/tls_files.h"

namespace varve {

constexpr std::chrono::milliseconds kTlsHandshakeMax{5000};  // where nobody says otherwise

class TlsNetwork final : public Network {
 public:
  // Fails with the file's name when one of them cannot be read, is damaged, or the key is not the certificate's.
  static Result<kj::Own<TlsNetwork>> open(Network& network, Clock& clock, TlsFiles files, std::chrono::milliseconds handshake_max,
                                          const LogSink& log);
  // Use open().
  TlsNetwork(Network& network, Clock& clock, TlsFiles files, std::chrono::milliseconds handshake_max, const LogSink& log)
      : network_(network), clock_(clock), files_(std::move(files)), handshake_max_(handshake_max), log_(log) {}

  // Reads the files again, for connections from now on. On failure all stays as it is.
  Result<void> reload();

  kj::Promise<kj::Own<kj::AsyncIoStream>> connect(std::string address) override;
  // A listener's accept() never fails: a handshake that does is logged and counted, and none holds up another.
  kj::Promise<kj::Own<Listener>> listen(std::string address) override;

  // Connections of others that ended in the handshake.
  std::uint64_t refused() const { return refused_; }

 private:
  friend class TlsListener;

  kj::Promise<Accepted> greet(kj::Own<kj::AsyncIoStream> stream);
  kj::Promise<void> too_late() const;
  void refuse(const kj::Exception& reason);

  Network& network_;
  Clock& clock_;
  TlsFiles files_;
  std::chrono::milliseconds handshake_max_;
  const LogSink& log_;
  std::shared_ptr<kj::TlsContext> context_;
  std::uint64_t refused_ = 0;
  std::uint64_t unlogged_ = 0;
  std::chrono::nanoseconds logged_at_ = std::chrono::nanoseconds::min();
};

}  // namespace varve
