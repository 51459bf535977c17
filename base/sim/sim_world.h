// A world in one seed: virtual time, a simulated disk and network, repeatable randomness; one event loop, one thread.
// There is one at a time on a thread. It is a machine by itself (seams()), or holds several by name (add_machine()).
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/seams.h"
#include "base/sim/sim_clock.h"
#include "base/sim/sim_disk.h"
#include "base/sim/sim_machine.h"
#include "base/sim/sim_network.h"
#include "base/sim/sim_port.h"
#include "base/sim/sim_random.h"
#include "base/sim/sim_trace.h"
#include "base/sim/sim_workers.h"
#include "base/task.h"

namespace varve {

class SimWorld {
 public:
  explicit SimWorld(std::uint64_t seed = 1, unsigned workers = 2);
  ~SimWorld() noexcept;
  KJ_DISALLOW_COPY(SimWorld);

  Seams seams() { return {clock_, disk_, network_, random_, workers_, log_sink_}; }

  // Precondition: the name is new. What the world draws later depends on the machines added before.
  SimMachine& add_machine(const std::string& name);
  SimMachine& machine(const std::string& name) { return *machines_.at(name); }

  SimClock& clock() { return clock_; }
  SimDisk& disk() { return disk_; }
  SimNetwork& network() { return network_; }
  SimRandom& random() { return random_; }
  SimTrace& trace() { return trace_; }
  kj::WaitScope& scope() { return scope_; }

  // Runs the world until `promise` resolves. Throws "simulated deadlock" when it never will.
  template <typename T>
  T wait(kj::Promise<T> promise) {
    return promise.wait(scope_);
  }
  template <typename T>
  T wait(Task<T> task) {
    return kj::Promise<T>(kj::mv(task)).wait(scope_);
  }
  // Lets so much virtual time pass.
  void run_for(std::chrono::nanoseconds time) { clock_.after(time).wait(scope_); }
  // Runs what can run without time passing.
  void run_ready() { scope_.poll(); }

  const std::vector<std::string>& log_lines() const { return log_lines_; }
  bool log_contains(std::string_view text) const;

 private:
  SimPort port_;
  kj::EventLoop loop_;
  kj::WaitScope scope_;
  SimTrace trace_;
  SimRandom random_;
  SimClock clock_;
  SimDisk disk_;
  SimNetwork network_;
  SimWorkers workers_;
  std::vector<std::string> log_lines_;
  LogSink log_sink_;
  std::map<std::string, std::unique_ptr<SimMachine>> machines_;  // by name
};

}  // namespace varve
