#include "tools/cluster/node_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <utility>

#include "base/result.h"

namespace varve {
namespace {

constexpr std::chrono::seconds kStartPatience(60);
constexpr useconds_t kLookInterval_us = 500;

std::string daemon_path() {
  std::array<char, 4096> path{};
  const ssize_t length = ::readlink("/proc/self/exe", path.data(), path.size() - 1);
  const std::string self(path.data(), length > 0 ? static_cast<std::size_t>(length) : 0);
  return self.substr(0, self.rfind('/') + 1) + "journalnode";
}

std::string text_behind(const std::string& path, std::uint64_t offset) {
  std::ifstream file(path);
  file.seekg(static_cast<std::streamoff>(offset));
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// Only calls that are safe between fork and exec.
[[noreturn]] void become_daemon(const char* path, char* const* argv, int log_fd, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);
  ::dup2(log_fd, STDERR_FILENO);
  ::execv(path, argv);
  ::_exit(127);
}

}  // namespace

NodeProcess::NodeProcess(NodeProcessOptions options) : options_(std::move(options)) {}

NodeProcess::NodeProcess(NodeProcess&& other) noexcept : options_(std::move(other.options_)), pid_(std::exchange(other.pid_, 0)) {}

NodeProcess::~NodeProcess() {
  kill();
}

std::string NodeProcess::address() const {
  return fmt::format("127.0.0.1:{}", options_.port);
}

Result<NodeProcess> NodeProcess::start(NodeProcessOptions options) {
  NodeProcess process(std::move(options));
  TRY(process.start_again());
  return process;
}

Result<void> NodeProcess::start_again() {
  const int fd = ::open(options_.log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0) return fail(ErrorCode::kIo, fmt::format("opening {}: {}", options_.log, std::strerror(errno)));
  const off_t end = ::lseek(fd, 0, SEEK_END);
  const std::string path = daemon_path();
  std::vector<std::string> words = {path,
                                    "--dir",
                                    options_.directory,
                                    "--listen",
                                    address(),
                                    "--http",
                                    "",
                                    "--log-segment-bytes",
                                    std::to_string(options_.segment_bytes)};
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const pid_t self = ::getpid();
  pid_ = ::fork();
  if (pid_ == 0) become_daemon(path.c_str(), argv.data(), fd, self);
  const int error = errno;
  ::close(fd);
  if (pid_ < 0) {
    pid_ = 0;
    return fail(ErrorCode::kIo, fmt::format("starting {}: {}", path, std::strerror(error)));
  }
  ASSIGN_OR_RETURN(options_.port, wait_until_ready(static_cast<std::uint64_t>(end)));
  return ok();
}

Result<unsigned> NodeProcess::wait_until_ready(std::uint64_t log_offset) {
  const auto until = std::chrono::steady_clock::now() + kStartPatience;
  while (std::chrono::steady_clock::now() < until) {
    const std::string said = text_behind(options_.log, log_offset);
    unsigned port = 0;
    const std::size_t ready = said.find("ready: ");
    const std::size_t at = ready == std::string::npos ? ready : said.find(" port ", ready);
    if (at != std::string::npos && said.find('\n', at) != std::string::npos && std::sscanf(said.c_str() + at, " port %u", &port) == 1)
      return port;
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) == pid_) {
      pid_ = 0;
      return fail(ErrorCode::kIo, fmt::format("the journal node in {} did not start: {}", options_.directory,
                                              said.empty() ? "is the program journalnode beside this one?" : said));
    }
    ::usleep(kLookInterval_us);
  }
  kill();
  return fail(ErrorCode::kIo, fmt::format("the journal node in {} was not ready in time; see {}", options_.directory, options_.log));
}

int NodeProcess::wait() {
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = 0;
  return status;
}

void NodeProcess::kill() {
  if (pid_ == 0) return;
  ::kill(pid_, SIGKILL);
  wait();
}

void NodeProcess::pause() {
  if (pid_ != 0) ::kill(pid_, SIGSTOP);
}

void NodeProcess::go_on() {
  if (pid_ != 0) ::kill(pid_, SIGCONT);
}

Result<void> NodeProcess::stop() {
  if (pid_ == 0) return ok();
  ::kill(pid_, SIGTERM);
  const int status = wait();
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return ok();
  return fail(ErrorCode::kIo, fmt::format("the journal node in {} did not stop well; see {}", options_.directory, options_.log));
}

}  // namespace varve
