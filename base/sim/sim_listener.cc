#include "base/sim/sim_listener.h"

#include "base/sim/sim_network.h"

namespace varve {

SimListener::SimListener(SimNetwork& network, std::string host, std::string address, unsigned port)
    : network_(network), host_(std::move(host)), address_(std::move(address)), port_(port) {
  network_.listeners_.emplace(address_, this);
}

SimListener::~SimListener() noexcept(false) {
  die();
}

void SimListener::die() {
  if (!dead_) network_.listeners_.erase(address_);
  dead_ = true;
}

kj::Promise<Accepted> SimListener::accept() {
  auto paf = kj::newPromiseAndFulfiller<Accepted>();
  accepting_.push_back(kj::mv(paf.fulfiller));
  hand_out();
  return kj::mv(paf.promise);
}

void SimListener::give(kj::Own<kj::AsyncIoStream> stream) {
  backlog_.push_back(kj::mv(stream));
  if (held_) ++network_.ground_.counts.accepts_held;
  hand_out();
}

void SimListener::set_held(bool held) {
  held_ = held;
  hand_out();
}

void SimListener::hand_out() {
  while (!held_ && !dead_ && !backlog_.empty() && !accepting_.empty()) {
    auto fulfiller = kj::mv(accepting_.front());
    accepting_.pop_front();
    if (!fulfiller->isWaiting()) continue;
    Accepted accepted{kj::mv(backlog_.front()), {}};
    backlog_.pop_front();
    fulfiller->fulfill(kj::mv(accepted));
  }
}

}  // namespace varve
