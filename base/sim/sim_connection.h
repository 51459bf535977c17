// Two pipes between a client and a listener's address; held by both ends' streams, known to the network while it lives.
#pragma once

#include <kj/refcount.h>

#include <string>

#include "base/sim/sim_pipe.h"

namespace varve {

class SimNetwork;

class SimConnection final : public kj::Refcounted {
 public:
  SimConnection(SimNetwork& network, std::uint64_t serial, std::string address, SimRoute& to_server, SimRoute& to_client);
  ~SimConnection() noexcept(false);

  const std::string& address() const { return address_; }
  bool is_between(const std::string& a, const std::string& b) const;
  SimPipe& to_server() { return *to_server_; }
  SimPipe& to_client() { return *to_client_; }

  // Both ends learn of it now.
  void break_off();
  // What goes to `host` stands still, on this connection alone, until its route is healed.
  void stand_still_towards(const std::string& host);
  void go_on();
  // Follows what the network says of the routes now. True when something held would come late.
  bool follow_routes(bool address_blocked);

  // --- What becomes of the host ---
  // Each is true when one of the ends is there.
  bool lose_power(const std::string& host);
  bool lose_process(const std::string& host);
  void reboot(const std::string& host);

 private:
  SimNetwork& network_;
  std::string address_;
  kj::Own<SimPipe> to_server_;
  kj::Own<SimPipe> to_client_;
  bool still_to_server_ = false;
  bool still_to_client_ = false;
};

}  // namespace varve
