// The network seam in memory: connections that deliver in order, late, or not at all.
//
// Threads:  the event loop's. Must outlive everything that it gave.
// Faults:   cut() ends every connection to an address, in use or new; block() lets bytes vanish, both ways, without a word to anyone.
#pragma once

#include <chrono>
#include <map>
#include <set>
#include <vector>

#include "base/clock.h"
#include "base/network.h"
#include "base/sim/sim_random.h"
#include "base/sim/sim_trace.h"

namespace varve {

struct SimDelay {
  std::chrono::nanoseconds shortest{0};
  std::chrono::nanoseconds longest{0};
};

class SimConnection;
class SimListener;

class SimNetwork final : public Network {
 public:
  SimNetwork(Clock& clock, SimTrace& trace, std::uint64_t seed);
  ~SimNetwork() noexcept(false) override;

  kj::Promise<kj::Own<kj::AsyncIoStream>> connect(std::string address) override;
  kj::Promise<kj::Own<Listener>> listen(std::string address) override;

  void set_delay(SimDelay delay) { delay_ = delay; }
  // Breaks all connections to `address` and refuses new ones until mended.
  void cut(const std::string& address);
  // From now on until mended nothing arrives, on no connection to `address`; what is sent is lost and nobody is told.
  void block(const std::string& address) { blocked_.insert(address); }
  void mend(const std::string& address);

 private:
  friend class SimConnection;
  friend class SimListener;

  std::chrono::nanoseconds draw_delay();
  bool is_blocked(const std::string& address) const { return blocked_.contains(address); }

  Clock& clock_;
  SimTrace& trace_;
  SimRandom random_;
  SimDelay delay_;
  std::map<std::string, SimListener*> listeners_;
  std::vector<SimConnection*> connections_;  // in the order of their making
  std::set<std::string> cut_;
  std::set<std::string> blocked_;
  unsigned next_port_ = 20000;
};

}  // namespace varve
