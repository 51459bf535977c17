// A small network of its own: hosts in namespaces on one switch, whose packets can be dropped by sender and receiver. Root only.
//
// Owns:   the namespaces; they go with it, whatever happened.
// Errors: what cannot be done here is said by unavailable(); anything else fails a CHECK.
#pragma once

#include <string>
#include <vector>

namespace varve {

class NetworkLab {
 public:
  // Why there can be none here; empty: there can.
  static std::string unavailable();

  explicit NetworkLab(std::size_t hosts);
  ~NetworkLab();
  NetworkLab(const NetworkLab&) = delete;

  std::string address(std::size_t host) const;
  // What goes before a command that is to run on this host.
  std::vector<std::string> on(std::size_t host) const;

  // Nothing that `from` sends reaches `to` any more; the other way is as it was.
  void drop(std::size_t from, std::size_t to);
  void cut(std::size_t a, std::size_t b);
  void unplug(std::size_t host);
  // Everything is as in the beginning.
  void heal();

 private:
  std::string name(std::size_t host) const { return prefix_ + std::to_string(host + 1); }
  std::string hub() const { return prefix_ + "hub"; }
  void run_on(const std::string& space, std::vector<std::string> command) const;
  void add_host(std::size_t host);

  const std::string prefix_;
  const std::size_t hosts_;
};

}  // namespace varve
