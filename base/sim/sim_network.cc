#include "base/sim/sim_network.h"

#include <kj/debug.h>

namespace varve {

kj::Promise<kj::Own<kj::AsyncIoStream>> SimNetwork::connect(std::string) {
  return KJ_EXCEPTION(DISCONNECTED, "nobody listens");
}
kj::Promise<kj::Own<Listener>> SimNetwork::listen(std::string) {
  return KJ_EXCEPTION(UNIMPLEMENTED, "listen");
}

}  // namespace varve
