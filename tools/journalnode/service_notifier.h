// Tells the service manager (systemd) how the daemon is: the protocol of sd_notify(3), without its library.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace varve {

class ServiceNotifier {
 public:
  // Of NOTIFY_SOCKET: a path, or a name after an @. Empty: nobody asked, and nothing is sent.
  explicit ServiceNotifier(std::string socket) : socket_(std::move(socket)) {}
  static ServiceNotifier from_environment();

  // `status` is one line for people. True when it was sent.
  bool ready(std::string_view status) const;
  // `monotonic_us` is CLOCK_MONOTONIC; ready() follows when it is done.
  bool reloading(std::uint64_t monotonic_us) const;
  bool stopping(std::string_view status) const;

 private:
  bool send(const std::string& message) const;

  std::string socket_;
};

}  // namespace varve
