#include "tests/process/network_lab.h"

#include <unistd.h>

#include "base/check.h"
#include "tests/process/child_process.h"

namespace varve {

namespace {

std::string ip() {
  return find_program("ip");
}

// What runs a program in this namespace of the network, and in ours in all else. `ip netns exec` would give it a copy of all mounts too:
// the disks that other tests unmount meanwhile would live on in it.
std::vector<std::string> in_space(const std::string& space) {
  return {find_program("nsenter"), "--net=/run/netns/" + space, "--"};
}

void must(std::vector<std::string> command) {
  const Ran ran = run({command, {}});
  CHECK(ran.status == 0, command.back(), ran.status, ran.output);
}

}  // namespace

std::string NetworkLab::unavailable() {
  if (geteuid() != 0) return "only root may make network namespaces";
  for (const char* program : {"ip", "nft", "nsenter"})
    if (find_program(program).empty()) return std::string(program) + " is not installed";
  const std::string name = "varve-try-" + std::to_string(getpid());
  const Ran added = run({{ip(), "netns", "add", name}, {}});
  if (added.status != 0) return "network namespaces cannot be made here: " + added.output;
  std::vector<std::string> filter = in_space(name);
  filter.insert(filter.end(), {find_program("nft"), "add", "table", "ip", "cut"});
  const Ran filtered = run({filter, {}});
  run({{ip(), "netns", "delete", name}, {}});
  return filtered.status == 0 ? "" : "packets cannot be filtered here: " + filtered.output;
}

NetworkLab::NetworkLab(std::size_t hosts) : prefix_("varve-" + std::to_string(getpid()) + "-"), hosts_(hosts) {
  must({ip(), "netns", "add", hub()});
  run_on(hub(), {ip(), "link", "add", "switch", "type", "bridge"});
  run_on(hub(), {ip(), "link", "set", "switch", "up"});
  for (std::size_t host = 0; host < hosts_; ++host) add_host(host);
}

NetworkLab::~NetworkLab() {
  for (std::size_t host = 0; host < hosts_; ++host) run({{ip(), "netns", "delete", name(host)}, {}});
  run({{ip(), "netns", "delete", hub()}, {}});
}

void NetworkLab::add_host(std::size_t host) {
  const std::string port = "port" + std::to_string(host + 1);
  must({ip(), "netns", "add", name(host)});
  run_on(hub(), {ip(), "link", "add", port, "type", "veth", "peer", "name", "wire", "netns", name(host)});
  run_on(hub(), {ip(), "link", "set", port, "master", "switch", "up"});
  run_on(name(host), {ip(), "address", "add", address(host) + "/24", "dev", "wire"});
  run_on(name(host), {ip(), "link", "set", "wire", "up"});
  run_on(name(host), {ip(), "link", "set", "lo", "up"});
  const std::string nft = find_program("nft");
  run_on(name(host), {nft, "add", "table", "ip", "cut"});
  run_on(name(host), {nft, "add", "chain", "ip", "cut", "in", "{ type filter hook input priority 0; }"});
}

std::string NetworkLab::address(std::size_t host) const {
  return "10.211.0." + std::to_string(host + 1);
}

std::vector<std::string> NetworkLab::on(std::size_t host) const {
  return in_space(name(host));
}

void NetworkLab::run_on(const std::string& space, std::vector<std::string> command) const {
  const std::vector<std::string> prefix = in_space(space);
  command.insert(command.begin(), prefix.begin(), prefix.end());
  must(std::move(command));
}

void NetworkLab::drop(std::size_t from, std::size_t to) {
  run_on(name(to), {find_program("nft"), "add", "rule", "ip", "cut", "in", "ip", "saddr", address(from), "drop"});
}

void NetworkLab::cut(std::size_t a, std::size_t b) {
  drop(a, b);
  drop(b, a);
}

void NetworkLab::unplug(std::size_t host) {
  run_on(hub(), {ip(), "link", "set", "port" + std::to_string(host + 1), "down"});
}

void NetworkLab::heal() {
  for (std::size_t host = 0; host < hosts_; ++host) {
    run_on(hub(), {ip(), "link", "set", "port" + std::to_string(host + 1), "up"});
    run_on(name(host), {find_program("nft"), "flush", "chain", "ip", "cut", "in"});
  }
}

}  // namespace varve
