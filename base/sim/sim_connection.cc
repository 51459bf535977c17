#include "base/sim/sim_connection.h"

#include "base/sim/sim_network.h"

namespace varve {

SimConnection::SimConnection(SimNetwork& network, std::uint64_t serial, std::string address, SimRoute& to_server, SimRoute& to_client)
    : network_(network),
      address_(std::move(address)),
      to_server_(kj::refcounted<SimPipe>(to_server, serial)),
      to_client_(kj::refcounted<SimPipe>(to_client, serial)) {
  to_server_->set_reverse(*to_client_);
  to_client_->set_reverse(*to_server_);
  network_.connections_.push_back(this);
}

SimConnection::~SimConnection() noexcept(false) {
  std::erase(network_.connections_, this);
}

bool SimConnection::is_between(const std::string& a, const std::string& b) const {
  const SimRoute& route = to_server_->route();
  return (route.from() == a && route.to() == b) || (route.from() == b && route.to() == a);
}

void SimConnection::break_off() {
  to_server_->break_off();
  to_client_->break_off();
}

void SimConnection::stand_still_towards(const std::string& host) {
  if (to_server_->route().to() == host) still_to_server_ = true;
  if (to_client_->route().to() == host) still_to_client_ = true;
}

void SimConnection::go_on() {
  still_to_server_ = false;
  still_to_client_ = false;
}

bool SimConnection::follow_routes(bool address_blocked) {
  bool server_stalled = address_blocked || still_to_server_ || to_server_->route().is_blocked();
  bool client_stalled = address_blocked || still_to_client_ || to_client_->route().is_blocked();
  bool resumes = (to_server_->is_stalled() && !server_stalled && to_server_->holds_something()) ||
                 (to_client_->is_stalled() && !client_stalled && to_client_->holds_something());
  to_server_->set_stalled(server_stalled, client_stalled);
  to_client_->set_stalled(client_stalled, server_stalled);
  return resumes;
}

bool SimConnection::lose_power(const std::string& host) {
  bool concerned = false;
  for (SimPipe* pipe : {to_server_.get(), to_client_.get()}) {
    if (pipe->route().from() == host) pipe->freeze_writer();
    if (pipe->route().to() == host) pipe->freeze_reader();
    concerned = concerned || pipe->route().to() == host;
  }
  return concerned;
}

bool SimConnection::lose_process(const std::string& host) {
  bool concerned = false;
  for (SimPipe* pipe : {to_server_.get(), to_client_.get()}) {
    if (pipe->route().from() == host) pipe->close_writer();
    if (pipe->route().to() == host) pipe->close_reader();
    concerned = concerned || pipe->route().to() == host;
  }
  return concerned;
}

void SimConnection::reboot(const std::string& host) {
  for (SimPipe* pipe : {to_server_.get(), to_client_.get()})
    if (pipe->route().to() == host) pipe->reboot_reader();
}

}  // namespace varve
