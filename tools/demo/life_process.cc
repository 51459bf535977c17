#include "tools/demo/life_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>
#include <vector>

namespace varve {
namespace {

int exit_status(int status) {
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

std::vector<std::string> arguments(const DemoLifeOptions& o) {
  std::vector<std::string> all = {"varve",          "demo-life",
                                  "--directory",    o.directory,
                                  "--counters",     o.counters,
                                  "--journal",      o.journal,
                                  "--transactions", std::to_string(o.transactions),
                                  "--window",       std::to_string(o.window),
                                  "--seed",         std::to_string(o.seed)};
  if (!o.trace.empty()) all.insert(all.end(), {"--trace", o.trace});
  return all;
}

}  // namespace

Result<LifeProcess> LifeProcess::start(const DemoLifeOptions& options) {
  int from_child[2];
  int to_child[2];
  if (::pipe2(from_child, O_CLOEXEC) != 0 || ::pipe2(to_child, O_CLOEXEC) != 0)
    return fail(ErrorCode::kIo, fmt::format("making pipes for the resource manager process: {}", std::strerror(errno)));
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, to_child[0], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, from_child[1], STDOUT_FILENO);
  std::vector<std::string> words = arguments(options);
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  pid_t pid = 0;
  const int error = ::posix_spawn(&pid, "/proc/self/exe", &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  ::close(from_child[1]);
  ::close(to_child[0]);
  if (error != 0) return fail(ErrorCode::kIo, fmt::format("starting the resource manager process: {}", std::strerror(error)));
  return LifeProcess(pid, ::fdopen(from_child[0], "r"), ::fdopen(to_child[1], "w"));
}

LifeProcess::LifeProcess(LifeProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, 0)),
      out_(std::exchange(other.out_, nullptr)),
      in_(std::exchange(other.in_, nullptr)),
      status_(other.status_) {}

LifeProcess::~LifeProcess() {
  if (pid_ != 0) kill_and_wait();
  if (out_ != nullptr) std::fclose(out_);
  if (in_ != nullptr) std::fclose(in_);
}

std::optional<std::string> LifeProcess::read_line() {
  char* line = nullptr;
  std::size_t capacity = 0;
  const ssize_t length = ::getline(&line, &capacity, out_);
  std::optional<std::string> text;
  if (length > 0) text.emplace(line, static_cast<std::size_t>(length) - (line[length - 1] == '\n' ? 1 : 0));
  std::free(line);
  return text;
}

void LifeProcess::write_line(const std::string& line) {
  std::fputs((line + "\n").c_str(), in_);
  std::fflush(in_);
}

bool LifeProcess::running() {
  if (status_) return false;
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) != pid_) return true;
  status_ = exit_status(status);
  return false;
}

void LifeProcess::kill_and_wait() {
  if (status_) return;
  ::kill(pid_, SIGKILL);
  wait();
}

int LifeProcess::wait() {
  if (!status_) {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    status_ = exit_status(status);
  }
  return *status_;
}

}  // namespace varve
