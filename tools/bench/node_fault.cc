#include "tools/bench/node_fault.h"

#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstring>
#include <fstream>
#include <utility>

#include "base/result.h"

namespace varve {
namespace {

constexpr useconds_t kLookInterval_us = 1000;

bool is_traced(pid_t pid) {
  std::ifstream status(fmt::format("/proc/{}/status", pid));
  for (std::string word; status >> word;)
    if (word == "TracerPid:") {
      pid_t tracer = 0;
      status >> tracer;
      return tracer != 0;
    }
  return false;
}

Result<pid_t> delay_syncs(pid_t pid) {
  const std::string target = std::to_string(pid);
  std::array<const char*, 9> words = {"strace", "-qq",         "-f", "-o", "/dev/null", "-e", "inject=pwritev2,fdatasync:delay_exit=100000",
                                      "-p",     target.c_str()};
  std::array<char*, 10> argv{};
  for (std::size_t i = 0; i < words.size(); ++i) argv[i] = const_cast<char*>(words[i]);
  pid_t tracer = 0;
  if (const int error = ::posix_spawnp(&tracer, "strace", nullptr, nullptr, argv.data(), environ))
    return fail(ErrorCode::kIo, fmt::format("starting strace, which delays the syncs: {}", std::strerror(error)));
  while (!is_traced(pid)) {
    if (::waitpid(tracer, nullptr, WNOHANG) == tracer)
      return fail(ErrorCode::kIo, fmt::format("strace could not attach to the journal node of process {}", pid));
    ::usleep(kLookInterval_us);
  }
  return tracer;
}

}  // namespace

Result<Fault> NodeFault::parse(const std::string& name) {
  if (name == "none") return Fault::kNone;
  if (name == "kill") return Fault::kKill;
  if (name == "stop") return Fault::kStop;
  if (name == "slow") return Fault::kSlow;
  return fail(ErrorCode::kInvalidArgument, fmt::format("fault \"{}\"; expected none, kill, stop or slow", name));
}

Result<NodeFault> NodeFault::begin(Fault fault, NodeProcess& node) {
  pid_t tracer = 0;
  if (fault == Fault::kKill) node.kill();
  if (fault == Fault::kStop) node.pause();
  if (fault == Fault::kSlow) {
    ASSIGN_OR_RETURN(tracer, delay_syncs(node.pid()));
  }
  return NodeFault(node, tracer);
}

NodeFault::NodeFault(NodeFault&& other) noexcept : node_(other.node_), tracer_(std::exchange(other.tracer_, 0)) {}

NodeFault::~NodeFault() {
  if (tracer_ != 0) {
    ::kill(tracer_, SIGINT);  // it detaches
    ::waitpid(tracer_, nullptr, 0);
  }
  node_->go_on();
}

}  // namespace varve
