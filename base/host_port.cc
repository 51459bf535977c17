#include "base/host_port.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace varve {

namespace {

bool is_ipv4(const std::string& host) {
  in_addr address{};
  return ::inet_pton(AF_INET, host.c_str(), &address) == 1;
}

bool is_ipv6(const std::string& host) {
  in6_addr address{};
  return ::inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

bool is_host_name(std::string_view host) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
  };
  // What is only digits and dots is an address, or a mistyped one.
  const auto in_address = [](char c) { return (c >= '0' && c <= '9') || c == '.'; };
  return !host.empty() && host.size() <= 253 && std::all_of(host.begin(), host.end(), fits) &&
         !std::all_of(host.begin(), host.end(), in_address);
}

}  // namespace

bool HostPort::is_loopback() const {
  if (is_ipv4(host)) return host.starts_with("127.");
  in6_addr address{};
  if (::inet_pton(AF_INET6, host.c_str(), &address) == 1) return IN6_IS_ADDR_LOOPBACK(&address);
  return host == "localhost";
}

bool HostPort::is_ip_address() const {
  return is_ipv4(host) || is_ipv6(host);
}

std::optional<HostPort> parse_host_port(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  HostPort parsed;
  const std::string_view digits = text.substr(colon + 1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), parsed.port);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) {
    parsed.host = host.substr(1, host.size() - 2);
    return is_ipv6(parsed.host) ? std::optional(parsed) : std::nullopt;
  }
  parsed.host = host;
  return host == "*" || is_ipv4(parsed.host) || is_host_name(host) ? std::optional(parsed) : std::nullopt;
}

}  // namespace varve
