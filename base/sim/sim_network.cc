#include "base/sim/sim_network.h"

#include <fmt/format.h>
#include <kj/debug.h>

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/sim/sim_connection.h"
#include "base/sim/sim_listener.h"
#include "base/sim/sim_stream.h"

namespace varve {

namespace {

std::string host_in(const std::string& address) {
  return address.substr(0, address.rfind(':'));
}

kj::Exception refused(const std::string& address, kj::StringPtr why) {
  return KJ_EXCEPTION(DISCONNECTED, "connecting", address.c_str(), why);
}

}  // namespace

SimNetwork::SimNetwork(Clock& clock, SimTrace& trace, std::uint64_t seed) : ground_{clock, trace, SimRandom(seed), {}, {}} {}
SimNetwork::~SimNetwork() noexcept(false) {
  CHECK(connections_.empty() && listeners_.empty(), connections_.size(), listeners_.size());
}

SimRoute& SimNetwork::route(const std::string& from, const std::string& to) {
  auto found = routes_.find({from, to});
  if (found != routes_.end()) return found->second;
  SimRoute& there = routes_.try_emplace({from, to}, ground_, from, to).first->second;
  SimRoute& back = routes_.try_emplace({to, from}, ground_, to, from).first->second;
  there.set_reverse(back);
  back.set_reverse(there);
  return there;
}

std::string SimNetwork::home_of(const std::string& address) const {
  auto home = homes_.find(address);
  return home == homes_.end() ? host_in(address) : home->second;
}

void SimNetwork::trace(std::string_view fault, const std::string& a, const std::string& b) {
  ground_.trace.add(fault, static_cast<std::uint64_t>(ground_.clock.now().count()));
  ground_.trace.add(a);
  ground_.trace.add(b);
}

// --- Connecting ---

kj::Promise<kj::Own<kj::AsyncIoStream>> SimNetwork::connect_from(std::string host, std::string address) {
  std::uint64_t life = hosts_[host].lives;
  auto delay = route(host, home_of(address)).draw_delay();
  return ground_.clock.after(delay).then([this, life, host = std::move(host), address = std::move(address)]() mutable {
    return try_connect(std::move(host), life, std::move(address));
  });
}

kj::Promise<kj::Own<kj::AsyncIoStream>> SimNetwork::try_connect(std::string host, std::uint64_t life, std::string address) {
  if (hosts_[host].off || hosts_[host].lives != life) return kj::NEVER_DONE;
  const std::string server = home_of(address);
  SimRoute& there = route(host, server);
  SimRoute& back = route(server, host);
  if (there.is_blocked() || back.is_blocked() || hosts_[server].off || blocked_.contains(address)) {
    return wait_for_healing(host, server).then([this, life, host = std::move(host), address = std::move(address)]() mutable {
      return try_connect(std::move(host), life, std::move(address));
    });
  }
  auto listener = listeners_.find(address);
  bool cut = cut_.contains(address) || there.is_cut();
  if (!cut && listener != listeners_.end()) return make(host, address, *listener->second);
  ++ground_.counts.connects_refused;
  trace("refuse", host, address);
  return refused(address, cut ? "the network is cut" : "nobody listens");
}

kj::Promise<kj::Own<kj::AsyncIoStream>> SimNetwork::make(const std::string& host, const std::string& address, SimListener& listener) {
  trace("connect", host, address);
  SimRoute& there = route(host, listener.host());
  SimRoute& back = route(listener.host(), host);
  kj::Own<SimConnection> connection = kj::refcounted<SimConnection>(*this, ++ground_.counts.connections, address, there, back);
  SimPipe& to_server = connection->to_server();
  SimPipe& to_client = connection->to_client();
  listener.give(kj::heap<SimStream>(kj::addRef(*connection), to_server, to_client));
  kj::Own<kj::AsyncIoStream> client = kj::heap<SimStream>(kj::mv(connection), to_client, to_server);
  return kj::mv(client);
}

kj::Promise<void> SimNetwork::wait_for_healing(const std::string& host, const std::string& server) {
  ++ground_.counts.connects_held;
  trace("wait", host, server);
  SimRoute& there = route(host, server);
  there.meet_block();
  route(server, host).meet_block();
  std::erase_if(waiting_connects_, [](auto& fulfiller) { return !fulfiller->isWaiting(); });
  auto paf = kj::newPromiseAndFulfiller<void>();
  waiting_connects_.push_back(kj::mv(paf.fulfiller));
  return paf.promise.then([this, &there] { return ground_.clock.after(there.draw_delay()); });
}

kj::Promise<kj::Own<Listener>> SimNetwork::listen(std::string address) {
  std::string host = host_in(address);
  return listen_at(std::move(host), std::move(address));
}

kj::Promise<kj::Own<Listener>> SimNetwork::listen_at(std::string host, std::string address) {
  if (hosts_[host].off) return kj::NEVER_DONE;
  std::size_t colon = address.rfind(':');
  if (colon == std::string::npos) return KJ_EXCEPTION(DISCONNECTED, "listening: the address has no port", address.c_str());
  auto port = static_cast<unsigned>(std::strtoul(address.c_str() + colon + 1, nullptr, 10));
  if (port == 0) {
    port = next_port_++;
    address = fmt::format("{}:{}", address.substr(0, colon), port);
  }
  if (listeners_.contains(address)) return KJ_EXCEPTION(DISCONNECTED, "listening: the address is in use", address.c_str());
  homes_[address] = host;
  kj::Own<Listener> listener = kj::heap<SimListener>(*this, std::move(host), std::move(address), port);
  return kj::mv(listener);
}

// --- Faults between hosts ---

void SimNetwork::cut(const std::string& a, const std::string& b) {
  trace("cut", a, b);
  route(a, b).set_cut(true);
  route(b, a).set_cut(true);
  break_connections([&](const SimConnection& connection) { return connection.is_between(a, b); });
}

void SimNetwork::block(const std::string& from, const std::string& to) {
  trace("block", from, to);
  route(from, to).set_blocked(true);
  follow(SimHeal::kDeliver);
}

void SimNetwork::stall(const std::string& from, const std::string& to) {
  trace("stall", from, to);
  for (SimConnection* connection : connections_)
    if (connection->is_between(from, to)) connection->stand_still_towards(to);
  follow(SimHeal::kDeliver);
}

void SimNetwork::set_blocked_between(const std::string& a, const std::string& b, bool blocked) {
  route(a, b).set_blocked(blocked);
  route(b, a).set_blocked(blocked);
}

void SimNetwork::partition(const std::vector<std::set<std::string>>& groups) {
  for (std::size_t i = 0; i < groups.size(); ++i) {
    for (std::size_t j = i + 1; j < groups.size(); ++j) {
      for (const std::string& a : groups[i])
        for (const std::string& b : groups[j]) {
          trace("partition", a, b);
          set_blocked_between(a, b, true);
        }
    }
  }
  follow(SimHeal::kDeliver);
}

void SimNetwork::flap(std::string a, std::string b, SimFlap flap) {
  flapping_.add(go_up_and_down(std::move(a), std::move(b), flap));
}

Task<void> SimNetwork::go_up_and_down(std::string a, std::string b, SimFlap flap) {
  for (unsigned i = 0; i < flap.times; ++i) {
    if (ground_.random.below(2) == 0) {
      cut(a, b);
    } else {
      block(a, b);
      block(b, a);
    }
    co_await ground_.clock.after(flap.down);
    heal(a, b);
    co_await ground_.clock.after(flap.up);
  }
}

void SimNetwork::heal(const std::string& a, const std::string& b, SimHeal how) {
  trace("heal", a, b);
  route(a, b).set_cut(false);
  route(b, a).set_cut(false);
  set_blocked_between(a, b, false);
  for (SimConnection* connection : connections_)
    if (connection->is_between(a, b)) connection->go_on();
  follow(how);
}

void SimNetwork::heal_all(SimHeal how) {
  trace("heal", "all");
  flapping_.clear();
  cut_.clear();
  blocked_.clear();
  for (auto& [hosts, route] : routes_) {
    route.set_cut(false);
    route.set_blocked(false);
  }
  for (SimConnection* connection : connections_) connection->go_on();
  for (auto& [address, listener] : listeners_) listener->set_held(false);
  follow(how);
}

void SimNetwork::break_connections(const std::function<bool(const SimConnection&)>& which) {
  for (SimConnection* connection : connections_) {
    if (!which(*connection)) continue;
    ++ground_.counts.connections_cut;
    connection->break_off();
  }
}

void SimNetwork::follow(SimHeal how) {
  for (SimConnection* connection : connections_) {
    bool resumes = connection->follow_routes(blocked_.contains(connection->address()));
    if (!resumes || !draw_break(how)) continue;
    ++ground_.counts.broken_by_healing;
    trace("break", connection->address());
    connection->break_off();
  }
  for (auto& waiting : std::exchange(waiting_connects_, {})) waiting->fulfill();
}

// --- Faults of an address ---

void SimNetwork::cut(const std::string& address) {
  trace("cut", address);
  cut_.insert(address);
  break_connections([&](const SimConnection& connection) { return connection.address() == address; });
}

void SimNetwork::block(const std::string& address) {
  trace("block", address);
  blocked_.insert(address);
  follow(SimHeal::kDeliver);
}

void SimNetwork::hold_accepts(const std::string& address) {
  trace("hold accepts", address);
  auto listener = listeners_.find(address);
  CHECK(listener != listeners_.end(), address);
  listener->second->set_held(true);
}

void SimNetwork::mend(const std::string& address, SimHeal how) {
  trace("mend", address);
  cut_.erase(address);
  blocked_.erase(address);
  if (auto listener = listeners_.find(address); listener != listeners_.end()) listener->second->set_held(false);
  follow(how);
}

// --- Faults of a host ---

void SimNetwork::power_off(const std::string& host) {
  trace("power off", host);
  hosts_[host].off = true;
  ++hosts_[host].lives;
  for (SimConnection* connection : connections_)
    if (connection->lose_power(host)) ++ground_.counts.connections_half_open;
  kill_listeners(host);
}

void SimNetwork::power_on(const std::string& host) {
  trace("power on", host);
  hosts_[host].off = false;
  for (SimConnection* connection : connections_) connection->reboot(host);
  follow(SimHeal::kDeliver);
}

void SimNetwork::kill_connections(const std::string& host) {
  trace("kill", host);
  ++hosts_[host].lives;
  for (SimConnection* connection : connections_)
    if (connection->lose_process(host)) ++ground_.counts.connections_killed;
  kill_listeners(host);
}

void SimNetwork::kill_listeners(const std::string& host) {
  const std::map<std::string, SimListener*> all = listeners_;
  for (const auto& [address, listener] : all)
    if (listener->host() == host) listener->die();
}

}  // namespace varve
