// Addresses to listen at: host:port, with a name, an IPv4 address, an IPv6 address in brackets, or * for every address of the host.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace varve {

struct HostPort {
  std::string host;  // an IPv6 address without its brackets
  std::uint16_t port = 0;
  bool operator==(const HostPort&) const = default;

  // Nobody on another machine reaches it.
  bool is_loopback() const;
  bool is_ip_address() const;
};

std::optional<HostPort> parse_host_port(std::string_view text);

}  // namespace varve
