// The network seam in memory.
#pragma once

#include <map>

#include "base/network.h"

namespace varve {

class SimNetwork final : public Network {
 public:
  kj::Promise<kj::Own<kj::AsyncIoStream>> connect(std::string address) override;
  kj::Promise<kj::Own<Listener>> listen(std::string address) override;

 private:
  friend class SimListener;
  std::map<std::string, class SimListener*> listeners_;
};

}  // namespace varve
