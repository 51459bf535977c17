#include "base/sim/sim_host_network.h"

#include <array>
#include <string_view>

namespace varve {

namespace {

constexpr std::array<std::string_view, 6> kItself = {"", "*", "localhost", "127.0.0.1", "0.0.0.0", "[::]"};

}  // namespace

std::string SimHostNetwork::known_to_all(std::string address) const {
  std::size_t colon = address.rfind(':');
  if (colon == std::string::npos) return address;
  for (std::string_view itself : kItself)
    if (std::string_view(address).substr(0, colon) == itself) return host_ + address.substr(colon);
  return address;
}

kj::Promise<kj::Own<kj::AsyncIoStream>> SimHostNetwork::connect(std::string address) {
  return network_.connect_from(host_, known_to_all(std::move(address)));
}

kj::Promise<kj::Own<Listener>> SimHostNetwork::listen(std::string address) {
  return network_.listen_at(host_, known_to_all(std::move(address)));
}

}  // namespace varve
