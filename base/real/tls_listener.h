// Accepts connections and their certificates, many handshakes at a time.
//
// Owns:      the inner listener and the handshakes under way.
// Threads:   the event loop's.
// Invariant: handshakes under way and connections nobody has taken yet are bounded. One too many ends the oldest handshake, so that
//            peers that stall cannot keep others out.
#pragma once

#include <cstdint>
#include <deque>
#include <map>

#include "base/network.h"
#include "base/real/tls_network.h"
#include "base/task.h"
#include "base/tasks.h"

namespace varve {

class TlsListener final : public Listener {
 public:
  TlsListener(kj::Own<Listener> listener, TlsNetwork& network);

  kj::Promise<Accepted> accept() override;
  unsigned port() const override { return listener_->port(); }

 private:
  Task<void> accept_all();
  void greet(kj::Own<kj::AsyncIoStream> stream);
  void hand_over(Accepted accepted);

  kj::Own<Listener> listener_;
  TlsNetwork& network_;
  std::deque<Accepted> untaken_;
  std::deque<kj::Own<kj::PromiseFulfiller<Accepted>>> takers_;
  std::uint64_t next_ = 0;
  std::map<std::uint64_t, kj::Own<kj::PromiseFulfiller<Accepted>>> ends_;  // of the handshakes under way, oldest first
  Tasks tasks_;                                                            // end before what they use
};

}  // namespace varve
