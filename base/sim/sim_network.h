// The network seam in memory: hosts, and connections between them that deliver in order, late, or not at all.
//
// Threads:  the event loop's. Must outlive everything that it gave.
// Hosts:    a SimHostNetwork connects and listens for its host; who uses this network itself connects as host "" and listens as the host
//           that the address names.
// Faults:   between pairs of hosts: cut(), block(), stall(), flap(), partition(), all over after heal(); to one address: cut(), block(),
//           hold_accepts(), all over after mend(). A host may lose its power or its process.
// Healing:  a connection on which something was held either delivers it late and in order, or breaks.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/network.h"
#include "base/sim/sim_link.h"
#include "base/sim/sim_network_counts.h"
#include "base/sim/sim_route.h"
#include "base/task.h"
#include "base/tasks.h"

namespace varve {

class SimConnection;
class SimListener;

// What becomes of a connection on which something was held.
enum class SimHeal : std::uint8_t { kBySeed, kDeliver, kBreak };

struct SimFlap {
  std::chrono::nanoseconds down{std::chrono::milliseconds(50)};
  std::chrono::nanoseconds up{std::chrono::milliseconds(50)};
  unsigned times = 1;
};

class SimNetwork final : public Network {
 public:
  SimNetwork(Clock& clock, SimTrace& trace, std::uint64_t seed);
  ~SimNetwork() noexcept(false) override;

  kj::Promise<kj::Own<kj::AsyncIoStream>> connect(std::string address) override { return connect_from({}, std::move(address)); }
  kj::Promise<kj::Own<Listener>> listen(std::string address) override;
  kj::Promise<kj::Own<kj::AsyncIoStream>> connect_from(std::string host, std::string address);
  // The address may name another host than `host`: a name that was moved.
  kj::Promise<kj::Own<Listener>> listen_at(std::string host, std::string address);

  // --- Links ---
  // Of all pairs of hosts that have none of their own.
  void set_link(SimLink link) { ground_.link = link; }
  void set_delay(SimDelay delay) { ground_.link.delay = delay; }
  // One direction.
  void set_link(const std::string& from, const std::string& to, SimLink link) { route(from, to).set_link(link); }

  // --- Faults between hosts ---
  // Breaks all connections between two hosts and refuses new ones.
  void cut(const std::string& a, const std::string& b);
  // What goes this way does not arrive, on no connection, and nobody is told; a connection that is being made waits.
  void block(const std::string& from, const std::string& to);
  // The same for the connections of now alone; younger ones overtake them.
  void stall(const std::string& from, const std::string& to);
  // Blocks both ways between hosts of different groups.
  void partition(const std::vector<std::set<std::string>>& groups);
  // Cuts or blocks both ways, by the seed, and heals, by itself and several times.
  void flap(std::string a, std::string b, SimFlap flap);
  void heal(const std::string& a, const std::string& b, SimHeal how = SimHeal::kBySeed);
  void heal_all(SimHeal how = SimHeal::kBySeed);  // and all addresses; flapping ends

  // --- Faults of an address ---
  // Breaks all connections to `address` and refuses new ones.
  void cut(const std::string& address);
  // Nothing passes, either way, on no connection to `address`, and nobody is told.
  void block(const std::string& address);
  // Connections to `address` are made, but nobody accepts them. Precondition: somebody listens.
  void hold_accepts(const std::string& address);
  void mend(const std::string& address, SimHeal how = SimHeal::kBySeed);

  // --- Faults of a host; SimMachine's ---
  // Its connections fall silent without a word, and nothing of it ever moves again; it is not reached until power_on().
  void power_off(const std::string& host);
  // Who still sends on an old connection is told that it is no more.
  void power_on(const std::string& host);
  // As when its process is killed: the other ends see the end of what was sent, then of the connection.
  void kill_connections(const std::string& host);

  const SimNetworkCounts& counts() const { return ground_.counts; }

 private:
  friend class SimConnection;
  friend class SimListener;

  struct Host {
    bool off = false;
    std::uint64_t lives = 0;  // ended so far; what began in one of them does not go on in the next
  };

  kj::Promise<kj::Own<kj::AsyncIoStream>> try_connect(std::string host, std::uint64_t life, std::string address);
  kj::Promise<kj::Own<kj::AsyncIoStream>> make(const std::string& host, const std::string& address, SimListener& listener);
  kj::Promise<void> wait_for_healing(const std::string& host, const std::string& server);
  SimRoute& route(const std::string& from, const std::string& to);
  std::string home_of(const std::string& address) const;
  void set_blocked_between(const std::string& a, const std::string& b, bool blocked);
  void break_connections(const std::function<bool(const SimConnection&)>& which);
  // Has the connections follow the faults of now, and tries again what waits.
  void follow(SimHeal how);
  bool draw_break(SimHeal how) { return how == SimHeal::kBreak || (how == SimHeal::kBySeed && ground_.random.below(2) == 0); }
  void kill_listeners(const std::string& host);
  Task<void> go_up_and_down(std::string a, std::string b, SimFlap flap);
  void trace(std::string_view fault, const std::string& a, const std::string& b = {});

  SimNetworkGround ground_;
  std::map<std::string, SimListener*> listeners_;                      // by address
  std::map<std::string, std::string> homes_;                           // the host that listened last, by address
  std::map<std::string, Host> hosts_;                                  // that ever were named
  std::map<std::pair<std::string, std::string>, SimRoute> routes_;     // from, to
  std::vector<SimConnection*> connections_;                            // in the order of their making
  std::vector<kj::Own<kj::PromiseFulfiller<void>>> waiting_connects_;  // for any fault to go
  std::set<std::string> cut_;                                          // addresses
  std::set<std::string> blocked_;                                      // addresses
  unsigned next_port_ = 20000;
  Tasks flapping_;
};

}  // namespace varve
